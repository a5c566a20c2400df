"""Secrets are taken out of results, however they are nested, and nothing else is changed."""

import json

from ansible_collections.motcua.cctv.plugins.plugin_utils.redaction import redacted
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(alphabet="abA1-\n", max_size=12)
RESULTS = st.recursive(
    st.none() | st.booleans() | st.integers(2, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="xyz", max_size=2), inner, max_size=4),
    max_leaves=12,
)


def one_by_one(value, secrets):
    if isinstance(value, dict):
        return {key: one_by_one(below, secrets) for key, below in value.items()}
    if isinstance(value, list):
        return [one_by_one(below, secrets) for below in value]
    if isinstance(value, str):
        for secret in sorted(filter(None, secrets), key=lambda secret: (-len(secret), secret)):
            value = value.replace(secret, "(secret)")
    return value


@given(RESULTS, st.sets(st.text(alphabet="abA1-", max_size=4)))
def test_it_is_as_replacing_each_in_each_text(result, secrets):
    lengths = {len(secret) for secret in secrets}
    if len(lengths) == len(secrets):  # of two equally long ones that overlap either may go first
        assert redacted(result, secrets) == one_by_one(result, secrets)
    assert not [secret for secret in secrets if len(secret) > 1 and secret in json.dumps(redacted(result, secrets)).replace("\\n", "\n")]


def test_the_longest_goes_first_and_a_secret_may_have_lines():
    said = {"log": ["user Mật-khẩu-12", "a\nkey\nline"], "name": {"x": "key"}, "n": 12}
    assert redacted(said, {"Mật-khẩu-1", "Mật-khẩu-12", "key\nline", ""}) == {
        "log": ["user (secret)", "a\n(secret)"],
        "name": {"x": "key"},
        "n": 12,
    }

"""Files of keys are read as PyYAML reads them, only faster, and a key that is written twice is refused."""

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.yaml_file import read_yaml
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
WRITTEN = (
    "a: 1\nb: '1'\nc: 1.5\nd: yes\ne: ~\nf: 2026-11-27\ng: 0x1F\nh: 0o17\ni: 1:30\nj:\n",
    "a: {b: [1, {c: d}], e: []}\nf: {}\n",
    "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n",
    "a: !!str 1\nb: !!set {x, y}\n",
    "1: a\n2026-11-27: b\n",
    "a: |\n  two\n  lines\nb: >-\n  one\n  line\n",
    "---\na: 1\n...\n",
    "a: '{{ x }}' # said\n",
    "=: 1\n",
)


def read(folder, text):
    (folder / "x.yml").write_text(text, encoding="utf-8")
    return read_yaml(folder / "x.yml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_is_read_as_pyyaml_reads_it(folder, text):
    assert read(folder, text) == yaml.safe_load(text)


@given(values=st.dictionaries(st.text(), VALUES))
def test_whatever_is_dumped_is_read_back(folder, values):
    text = yaml.safe_dump(values, allow_unicode=True)
    assert read(folder, text) == yaml.load(text, Loader=yaml.CSafeLoader)


TWICE = ("a: 1\na: 2\n", "a: 1\n'a': 2\n", "1: a\n'1': b\n", "a:\n  b: 1\n  b: 2\n", "- {a: 1, a: 2}\n")


@pytest.mark.parametrize("text", TWICE)
def test_a_key_written_twice_is_refused(folder, text):
    with pytest.raises(ModelError, match="is written twice; keep one of the two"):
        read(folder, text)


def test_a_thing_that_stands_at_two_places_is_two_things(folder):
    found = read(folder, "a: {list: []}\nb: {list: []}\n")
    found["a"]["list"].append(1)
    assert found["b"] == {"list": []}

"""What people and `git diff` read of a device."""

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot, is_volatile

VALUES = {
    "name": "Quầy một cửa",
    "services.upnp": False,
    "streams.main.fps": 25,
    "time.ntp": ["10.0.0.1", "10.0.0.2"],
    "overlay.text": "yes: 'no'\n# \"two\" lines",
    "users.a: b\n.role": "viewer",
    "users.Nguyễn.role": None,
}


def test_a_value_is_a_line_in_the_order_of_the_keys_and_yaml_reads_them():
    text = Snapshot("a", VALUES).text
    assert text.splitlines() == sorted(text.splitlines(), key=lambda line: line.lstrip('"'))
    assert len(text.splitlines()) == len(VALUES)
    assert yaml.safe_load(text) == VALUES
    assert text == Snapshot("a", dict(reversed(VALUES.items()))).text


@pytest.mark.parametrize(
    ("key", "volatile"),
    [
        ("disks.1.free_gb", True),
        ("disks.1.used_gb", True),
        ("disks.1.size_gb", False),
        ("time.clock", True),
        ("time.clockwork", False),
        ("a.uptime_s", True),
    ],
)
def test_what_changes_by_itself_isnt_in_it(key, volatile):
    assert is_volatile(key) == volatile
    assert (Snapshot("a", {key: 1}).text == "") == volatile


def test_a_routers_text_is_what_runs():
    assert Snapshot("a", {"name": "a"}, config="hostname a\n").text == "hostname a\n"

"""A site in maintenance alarms nobody, however long its camera is off."""

import time

import pytest

from tests.lab.conftest import eventually, motcua
from tests.lab.test_d_monitoring import ALERT_SECONDS, CAMERA, SITE, all_well, camera_off, firing, state  # noqa: F401  two are fixtures

SETTINGS = "/etc/motcua/state.json"


@pytest.fixture
def muted():
    """A maintenance window of the site, as a rollout would write it."""
    window = {"from_s": time.time() - 60, "until_s": time.time() + 3600, "why": "thử"}
    change = (
        f"import json; s = json.load(open('{SETTINGS}')); s['sites']['{SITE}']['mutes'] = [{window}]; json.dump(s, open('{SETTINGS}', 'w'))"
    )
    command = f'cp {SETTINGS} {SETTINGS}.before && python3 -c "{change}" && systemctl restart motcua-state'
    assert motcua("lab", "ssh", "centre", command).code == 0
    yield
    assert motcua("lab", "ssh", "centre", f"mv {SETTINGS}.before {SETTINGS} && systemctl restart motcua-state").code == 0


@pytest.mark.usefixtures("muted", "camera_off")
def test_a_site_in_maintenance_alarms_nobody():
    assert eventually(lambda: state()["sites"][SITE]["muted"] and state()["cameras"][CAMERA]["state"] == "off", 60)
    # As long as it takes an alert to fire: what doesn't happen can't be awaited.
    assert not eventually(lambda: ("MotcuaCameraStale", SITE) in firing(), ALERT_SECONDS)

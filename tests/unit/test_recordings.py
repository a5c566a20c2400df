"""What `scripts/record` writes down can be replayed, and holds no secret; what provinces contributed stays readable."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read

from tests.unit.recordings import PASSWORD, USER, Recording
from tests.unit.test_engine import KINDS, OLDER
from tests.unit.wire import FACTORY, Managed, emulated

CONTRIBUTED = sorted(Path("tests/recordings").glob("*.json"))
DEVICES = [(vendor, more) for vendor, more in KINDS.items()] + [(vendor, OLDER[vendor]) for vendor in ("axis", "onvif", "dahua")]
# An ONVIF zone comes from the clock, with its seconds; what the certificate says is the replaying host's.
CHANGING = ("time.clock", "certificate.subject", "certificate.issuer", "certificate.expires", "time.zone")


def recorded(camera, vendor, folder):
    """The file that the program writes about a device."""
    options = ["--vendor", vendor, "--user", KINDS[vendor].get("factory_user", "admin"), "--port", str(camera.ports["https"])]
    command = [sys.executable, "scripts/motcua", "record", "127.0.0.1", *options, "--folder", str(folder)]
    done = subprocess.run(command, input=f"{FACTORY[1]}\n", capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.json")
    return path


def replayed(path, folder, role="camera"):
    with Recording(folder, path) as device:
        managed = Managed(folder, device, device.content["vendor"], motcua_user=USER, motcua_password=PASSWORD, motcua_role=role)
        return device.content, asyncio.run(read(managed.rim().device()))


@pytest.mark.parametrize(("vendor", "more"), DEVICES, ids=lambda value: value if isinstance(value, str) else value.get("generation", ""))
def test_a_recording_gives_the_devices_state_again_and_no_secret(vendor, more, tmp_path):
    for name in ("device", "replay", "recording"):
        (tmp_path / name).mkdir()
    mac = f"{more.get('mac', '44:19:b6:')[:9]}a1:b2:c3"
    with emulated(f"{vendor}-camera", tmp_path / "device", **more | {"mac": mac}) as camera:
        path = recorded(camera, vendor, tmp_path / "recording")
    text = path.read_text(encoding="utf-8")
    tail = camera.config["serial"].removeprefix(camera.config["model"])
    assert not [secret for secret in (FACTORY[1], tail, mac[9:]) if secret in text or secret.upper() in text]
    content, running = replayed(path, tmp_path / "replay")
    state = content["state"]["camera"]
    assert {key: value for key, value in running.values.items() if key not in CHANGING} == {
        key: value for key, value in state["values"].items() if key not in CHANGING
    }
    assert running.rows == state["rows"]
    assert len(running.values) > 15


@pytest.mark.skipif(not CONTRIBUTED, reason="no province has contributed a recording yet")
@pytest.mark.parametrize("path", CONTRIBUTED, ids=lambda path: path.stem)
def test_a_contributed_device_is_read_as_it_was(path, tmp_path):
    content = Recording(tmp_path, path).content
    for role, state in content["state"].items():
        _, running = replayed(path, tmp_path, role)
        assert {key: value for key, value in running.values.items() if key not in CHANGING} == {
            key: value for key, value in state["values"].items() if key not in CHANGING
        }

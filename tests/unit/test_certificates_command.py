"""`motcua certificates` as a campaign: who takes part, in which order, what the playbook is told, and what it says when there is no authority."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from cli.certificates import certificates
from tests.unit.authority import Made
from tests.unit.playedprovince import World, played, run
from tests.unit.provinces import raw_site

LIMITS = pki.Named("test", (pki.Network("10.64.0.0/12"), pki.Network("10.10.10.0/24")))
DEVICES = {f"s{number}-{device}" for number in (1, 2) for device in ("nvr1", "cam1", "cam2", "cam3")}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Two sites with a recorder and three cameras each, all of which make requests."""
    value = World(tmp_path, 2)
    played(value, monkeypatch.setattr)
    sites = {f"s{number}": raw_site(number) for number in (1, 2)}
    (value.inventory.parent / "sites" / "all.yml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    value.write("all", *value.all, *sorted(DEVICES))
    return value


def test_without_an_authority_it_says_how_to_begin_and_does_nothing(world):
    ran = run(world, command=certificates)
    assert "the province has no authority yet" in str(ran.exception)
    assert world.log == []


def test_portals_go_first_then_each_device_alone_in_its_wave_and_the_centre_once_more(world):
    made = Made(world.inventory.parent / "pki", datetime.now(UTC), LIMITS)
    careful = run(world, command=certificates)
    assert careful.exit_code == 0, (careful.output, careful.exception)
    assert world.log == [["centre-server"]], "what no device has confirmed is asked for"
    ran = run(world, "--experimental", "--yes-dangerous", command=certificates)
    assert ran.exit_code == 0, (ran.output, ran.exception)
    steps = world.log[1:]
    assert (steps[0], steps[-1]) == (["centre-server"], ["centre-server"])
    assert sorted(name for step in steps[1:-1] for name in step) == sorted(DEVICES)
    assert all(len({name.split("-")[0] for name in step}) == len(step) for step in steps), "never two at once on one site"
    told = json.loads((world.folder / "told").read_text().splitlines()[-1])
    assert (told["certificates_renew"], told["motcua_experimental"]) == (False, True)
    key, now = generate_private_key(65537, 2048), datetime.now(UTC)
    for name in (*DEVICES, "centre"):
        made.issue(key, pki.Wanted(name, "test", (), 397), now + timedelta(seconds=1))
    again = run(world, "--experimental", "--yes-dangerous", command=certificates)
    assert "Nothing is due: this renewal of certificates has nothing to do." in again.output

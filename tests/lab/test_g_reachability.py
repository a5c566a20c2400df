"""What is computed of who reaches what is compared with real packets, sent from where each of them stands; allowed pairs and forbidden ones."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.changes import state

from cli.rendered import rendered
from tests.lab.conftest import INVENTORY, motcua

PROGRAM = "tests/verify/collect_reach.py"
AT_LEAST = 200
# Machines that have a namespace of another name; strangers stand where their line's provider does.
NODES = {
    "controller": "desk",
    "centre-server": "centre",
    "ioc-server": "ioc",
    "centre-ftth": "internet",
    "centre-tslcd": "tslcd",
    "ioc-ftth": "internet",
    "ioc-tslcd": "tslcd",
    "lang-giang-ftth": "internet",
    "lang-giang-tslcd": "tslcd",
}
KINDS = ("office", "camera", "controller", "recorder", "operations", "vms", "line")
ARRIVES = {"open": "yes", "refused": "yes", "unreachable": "no"}  # refused: it arrived, and nothing listens there


@pytest.fixture(scope="module")
def found():
    return state(load(INVENTORY), rendered).reach


@pytest.fixture(scope="module")
def measured(found):
    """What real packets say of every pair that can be tried by TCP: source and destination -> open, refused, unreachable."""
    tried = {name: _places(found, name) for name, source in found.sources.items() if source.kind in KINDS and _node(name) is not None}
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(tried, pool.map(_measure, tried, tried.values()), strict=True))
    return {
        (source, name): answers[source][f"{address}:{port}"] for source, places in tried.items() for name, (address, port) in places.items()
    }


def _node(source):
    strangers = source.endswith(("-ftth", "-tslcd"))
    return NODES.get(source) if strangers else NODES.get(source, source)


def _places(found, name):
    """What a source tries, and by which address: whoever is on the same LAN uses the one it has there.

    A stranger tries public addresses alone: a packet to any other isn't carried to the router by a provider.
    """
    source = found.sources[name]
    places = {}
    for key, one in found.destinations.items():
        stranger = source.kind == "line"
        # Only TCP says whether a packet arrived; a stranger stands on one line of one machine.
        if one.protocol != "tcp" or one.host == name or one.public != stranger:
            continue
        if stranger and (one.host != source.spot.machine or not key.endswith(name.rsplit("-", 1)[1])):
            continue
        near = source.site is not None and source.site == one.site
        places[key] = (str(one.at[1] if near else one.outside), one.port)
    return places


def _measure(source, places):
    ran = motcua("lab", "probe", _node(source), sys.executable, PROGRAM, json.dumps(sorted(set(places.values()))))
    assert ran.code == 0, f"{source}: {ran.text[-2000:]}"
    return json.loads(ran.text.splitlines()[-1])


def test_computed_is_measured_on_every_pair(found, measured):
    tried = {(source, name): answer for (source, name), answer in measured.items() if found.verdict(source, name) != "unknown"}
    allowed = sum(1 for pair in tried if found.verdict(*pair) == "yes")
    assert len(tried) >= AT_LEAST
    assert 30 <= allowed <= len(tried) - 100, "allowed and forbidden pairs are both tried"
    wrong = {pair: (found.verdict(*pair), answer) for pair, answer in tried.items() if ARRIVES[answer] != found.verdict(*pair)}
    assert not wrong, f"{len(wrong)} of {len(tried)}: " + "; ".join(f"{pair}: {said}" for pair, said in sorted(wrong.items()))


def test_nothing_of_the_lab_is_beyond_what_can_be_told(found):
    assert not found.unknown

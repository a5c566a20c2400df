"""Laws of the split: whatever there is and whoever takes it, every site is in exactly one shard, as a whole."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import Node, patterns, places_of, split
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.nodes import HOST_KEY
from tests.unit.provinces import province, raw_site

EMPTY = province({"s1": raw_site(1)})
SIZES = st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.integers(1, 40), min_size=1, max_size=40)
WEIGHTS = st.dictionaries(st.from_regex(r"n[0-9]", fullmatch=True), st.sampled_from([0.5, 1, 2, 3]), min_size=1, max_size=5)
DEVICES = st.integers(1, 100)


def node(**changes):
    return Node.model_validate({"address": "192.0.2.1", "host_key": HOST_KEY} | changes)


def hosts(sizes):
    return {place: tuple(f"{place}-{number}" for number in range(size)) for place, size in sizes.items()}


def nodes(weights):
    return {name: node(weight=weight) for name, weight in weights.items()}


@given(SIZES, WEIGHTS, DEVICES)
def test_every_place_is_in_exactly_one_shard_and_whole(sizes, weights, devices):
    places = hosts(sizes)
    shards = split(EMPTY, places, nodes(weights), devices)
    assert sorted(place for shard in shards for place in shard.places) == sorted(places)
    assert all(shard.places[place] == places[place] for shard in shards for place in shard.places)
    assert all(shard.places and shard.node in weights for shard in shards)
    assert len({shard.name for shard in shards}) == len(shards)


@given(SIZES, WEIGHTS, DEVICES, st.randoms())
def test_no_order_matters(sizes, weights, devices, random):
    def shuffled(rows):
        keys = list(rows)
        random.shuffle(keys)
        return {key: rows[key] for key in keys}

    once = split(EMPTY, hosts(sizes), nodes(weights), devices)
    again = split(EMPTY, hosts(shuffled(sizes)), nodes(shuffled(weights)), devices)
    assert again == once
    assert [list(shard.places) for shard in again] == [list(shard.places) for shard in once]


@given(SIZES, WEIGHTS, DEVICES)
def test_no_node_has_more_than_another_by_more_than_one_place(sizes, weights, devices):
    shards = split(EMPTY, hosts(sizes), nodes(weights), devices)
    load = dict.fromkeys(weights, 0)
    for shard in shards:
        load[shard.node] += len(shard.hosts)
    largest = max(sizes.values())
    assert all(load[a] / weights[a] <= (load[b] + largest) / weights[b] for a in load for b in load)


@given(SIZES, DEVICES)
def test_a_nodes_shards_are_of_about_the_size_that_was_asked_for(sizes, devices):
    shards = split(EMPTY, hosts(sizes), nodes({"n1": 1}), devices)
    assert max(len(shard.hosts) for shard in shards) < devices + max(sizes.values())
    assert len(shards) <= -(-sum(sizes.values()) // devices)


@given(SIZES, WEIGHTS, DEVICES, st.data())
def test_a_place_goes_to_nodes_that_serve_it_only(sizes, weights, devices, data):
    own = {name: data.draw(st.frozensets(st.sampled_from(sorted(sizes)))) for name in weights}
    assume(all(own.values()))
    named = {name: node(weight=weight, places=tuple(own[name])) for name, weight in weights.items()}
    if set().union(*own.values()) != set(sizes):
        with pytest.raises(ModelError, match="none serves"):
            split(EMPTY, hosts(sizes), named, devices)
        return
    assert all(set(shard.places) <= own[shard.node] for shard in split(EMPTY, hosts(sizes), named, devices))


def test_a_site_stands_for_all_below_it():
    above = province({"huyen": raw_site(1, level="district"), "xa": raw_site(2, parent="huyen"), "khac": raw_site(3)})
    two = {"a": node(places=("huyen",)), "b": node(places=("khac", "centre-server", "ioc-server"))}
    shards = split(above, places_of(above), two, 1000)
    assert [(shard.node, sorted(shard.places)) for shard in shards] == [
        ("a", ["huyen", "xa"]),
        ("b", ["centre-server", "ioc-server", "khac"]),
    ]


def test_a_whole_site_is_named_by_its_group_and_half_a_one_by_its_hosts():
    found = province({"tan-dinh": raw_site(1), "xa": raw_site(2)})
    whole = places_of(found)
    chosen = places_of(found, [*whole["tan-dinh"], "xa-cam1", "xa-nvr1", "centre-server"])
    assert patterns(chosen, whole) == ("centre-server", "site_tan_dinh", "xa-cam1", "xa-nvr1")

"""The order within a chain: ours first and in their order, by as few steps as there can be, whatever stood where."""

from itertools import combinations

from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.placing import arrange, placed, successor
from hypothesis import given
from hypothesis import strategies as st

MARKS = list("abcdef")
chains = st.permutations([*MARKS, 0, 1, 2]).flatmap(
    lambda rules: st.sets(st.sampled_from(rules)).map(lambda kept: [one for one in rules if one in kept])
)
numbered = chains.map(
    lambda rules: [
        rule if isinstance(rule, str) else sum(isinstance(one, int) for one in rules[:place]) for place, rule in enumerate(rules)
    ]
)
wishes = st.lists(st.sampled_from(MARKS), unique=True)


@given(chain=numbered, wanted=wishes)
def test_ours_come_first_and_nothing_else_changes(chain, wanted):
    now = placed(chain, arrange(chain, wanted))
    assert [rule for rule in now if rule in wanted] == wanted
    theirs = [rule for rule in now if isinstance(rule, int)]
    assert theirs == [rule for rule in chain if isinstance(rule, int)]
    if theirs and wanted:
        assert now.index(wanted[-1]) < now.index(theirs[0])
    assert sorted(map(str, now)) == sorted(map(str, {*chain, *wanted}))
    assert list(arrange(now, wanted)) == []


@given(chain=numbered, wanted=wishes)
def test_no_fewer_moves_would_do(chain, wanted):
    steps = list(arrange(chain, wanted))
    end = next((place for place, rule in enumerate(chain) if isinstance(rule, int)), len(chain))
    standing = [rule for rule in chain[:end] if rule in wanted]
    order = [wanted.index(rule) for rule in standing]
    longest = max(len(row) for size in range(len(order) + 1) for row in combinations(order, size) if list(row) == sorted(row))
    assert len([step for step in steps if step.moves]) == len([rule for rule in chain if rule in wanted]) - longest
    assert [step.mark for step in steps if not step.moves] == [mark for mark in wanted if mark not in chain]


@given(chain=numbered, wanted=wishes)
def test_each_step_knows_the_way_back(chain, wanted):
    now, steps = list(chain), list(arrange(chain, wanted))
    for step in steps:
        now = placed(now, [step])
    for step in reversed(steps):
        now.remove(step.mark)
        if step.moves:
            now.insert(len(now) if step.was_before is None else now.index(step.was_before), step.mark)
    assert now == chain


def test_successor():
    assert successor(["a", 0, "b"], "a") == 0
    assert successor(["a"], "a") is None
    assert successor(["a"], "b") is None

"""The commands of RouterOS' own small language: each gets the hand, its arguments without a name, and those by name, unevaluated."""

from __future__ import annotations

import re

from tests.emulators.routers.routeros_logic import Return, shown, truth
from tests.emulators.routers.routeros_tokens import listed
from tests.emulators.routers.routeros_values import Failure, duration

ROUNDS = 10_000  # a loop that doesn't end would stop the test, not the router


def _do(hand, alone, named):
    try:
        for _ in range(ROUNDS):
            value = hand.block(alone[0] if alone else named["do"])
            if "while" not in named or not truth(hand.value(named["while"])):
                return value
    except Failure:
        if "on-error" not in named:
            raise
        return hand.block(named["on-error"])
    return None


def _if(hand, alone, named):
    return hand.block(named["do"]) if truth(hand.value(alone[0])) else hand.block(named["else"]) if "else" in named else None


def _foreach(hand, alone, named):
    found = hand.value(named["in"])
    for one in found if isinstance(found, list) else [] if found in (None, "") else shown(found).split(";"):
        hand.scopes.append({hand.value(alone[0]): one})
        try:
            hand.block(named["do"])
        finally:
            hand.scopes.pop()


def _for(hand, alone, named):
    first, last, step = (int(shown(hand.value(named.get(name, "1")))) for name in ("from", "to", "step"))
    for number in range(first, last + (1 if step > 0 else -1), step):
        hand.scopes.append({hand.value(alone[0]): number})
        try:
            hand.block(named["do"])
        finally:
            hand.scopes.pop()


def _while(hand, alone, named):
    for _ in range(ROUNDS):
        if not truth(hand.value(alone[0])):
            return
        hand.block(named["do"])


def _local(hand, alone, _named):
    hand.scopes[-1][hand.value(alone[0])] = hand.value(alone[1]) if len(alone) > 1 else None


def _global(hand, alone, _named):
    name = hand.value(alone[0])
    hand.box.globals.setdefault(name, None)
    if len(alone) > 1:
        hand.box.globals[name] = hand.value(alone[1])


def _set(hand, alone, _named):
    name, value = hand.value(alone[0]), hand.value(alone[1]) if len(alone) > 1 else None
    for scope in (*reversed(hand.scopes), hand.box.globals):
        if name in scope:
            scope[name] = value
            return
    raise Failure(f"variable {name} not defined")


def _put(hand, alone, _named):
    hand.said.append(shown(hand.value(alone[0]) if alone else ""))


def _return(hand, alone, _named):
    raise Return(hand.value(alone[0]) if alone else None)


def _error(hand, alone, _named):
    raise Failure(shown(hand.value(alone[0]) if alone else ""))


def _len(hand, alone, _named):
    value = hand.value(alone[0])
    return len(value) if isinstance(value, list) else len(shown(value).encode("utf-8", "surrogateescape"))


def _pick(hand, alone, _named):
    value, first, *rest = (hand.value(one) for one in alone)
    if isinstance(value, list) and not rest:
        return value[int(shown(first))] if int(shown(first)) < len(value) else None
    last = int(shown(rest[0])) if rest else int(shown(first)) + 1
    return value[int(shown(first)) : last] if isinstance(value, list) else shown(value)[int(shown(first)) : last]


def _find(hand, alone, _named):
    value, part = (hand.value(one) for one in alone[:2])
    at = [shown(one) for one in value].index(shown(part)) if isinstance(value, list) and part in value else shown(value).find(shown(part))
    return None if at < 0 else at


def _delay(hand, alone, named):
    """The router's time goes on; what falls due meanwhile happens at the next tick."""
    hand.box.passed((duration(shown(hand.value(alone[0] if alone else named.get("delay-time", "1s")))) or 0) / 1000)


def _log(hand, alone, named):
    topic, message = hand.value(alone[0]), hand.value(alone[1] if len(alone) > 1 else named.get("message", ""))
    hand.box.log(f"script,{topic}", shown(message))


def _number(hand, alone, _named):
    text = shown(hand.value(alone[0]))
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def _type(hand, alone, _named):
    value = hand.value(alone[0])
    return {bool: "bool", int: "num", list: "array", type(None): "nothing"}.get(type(value), "str")


def _execute(hand, alone, named):
    """Another job, which leaves its errors in the log."""
    hand.box.job(hand.user, hand.policies, shown(hand.value(alone[0] if alone else named.get("script"))), "execute")


def _parse(hand, alone, _named):
    return shown(hand.value(alone[0]))


def _onerror(hand, alone, named):
    try:
        hand.block(named["in"])
    except Failure as failure:
        hand.scopes.append({hand.value(alone[0]): str(failure)})
        try:
            hand.block(named["do"])
        finally:
            hand.scopes.pop()
        return True
    return False


def _unknown(_hand, _alone, _named):
    raise Failure("this command isn't emulated")


OWN = dict.fromkeys(
    listed("resolve environment serialize deserialize convert range rndnum rndstr jobname beep toip totime toarray"), _unknown
) | {
    "do": _do, "if": _if, "foreach": _foreach, "for": _for, "while": _while, "local": _local, "global": _global, "set": _set, "put": _put,
    "return": _return, "error": _error, "len": _len, "pick": _pick, "find": _find, "delay": _delay, "log": _log, "tonum": _number,
    "tostr": lambda hand, alone, _: shown(hand.value(alone[0])), "tobool": lambda hand, alone, _: truth(hand.value(alone[0])), "typeof": _type,
    "nothing": lambda *_: None, "execute": _execute, "parse": _parse, "onerror": _onerror,
}  # fmt: skip

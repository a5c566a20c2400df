"""How RouterOS compares values, and shows them as texts."""

from __future__ import annotations

import re

from tests.emulators.routers.routeros_values import Failure


class Return(Exception):
    def __init__(self, value):
        super().__init__()
        self.value = value


def shown(value):
    """A value as a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(shown(one) for one in value) if isinstance(value, list) else str(value)


def truth(value):
    if isinstance(value, str) and value in ("true", "yes", "false", "no"):
        return value in ("true", "yes")
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    raise Failure("conditional not boolean")


def compared(operator, left, right):
    if operator == "~":
        return bool(re.search(shown(right), shown(left)))
    if operator == ",":
        return [*(left if isinstance(left, list) else [left]), *(right if isinstance(right, list) else [right])]
    if operator == ".":
        return shown(left) + shown(right)
    if operator == "in":
        return shown(left) in [shown(one) for one in (right if isinstance(right, list) else [right])]
    one, two = shown(left), shown(right)
    if re.fullmatch(r"-?\d+", one) and re.fullmatch(r"-?\d+", two):
        one, two = int(one), int(two)
    elif operator in "+-*/":
        raise Failure("cannot " + {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}[operator] + " string to string")
    return {
        "=": lambda: one == two, "!=": lambda: one != two, "<": lambda: one < two, ">": lambda: one > two, "<=": lambda: one <= two,
        ">=": lambda: one >= two, "+": lambda: one + two, "-": lambda: one - two, "*": lambda: one * two, "/": lambda: one // (two or 1),
    }[operator]()  # fmt: skip

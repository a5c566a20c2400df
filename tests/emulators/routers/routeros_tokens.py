"""Values and expressions of RouterOS' console language: words, quoted texts, variables, brackets, conditions over entries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any


def listed(text):
    """Names in a row as a list."""
    return text.split()


class Misread(Exception):
    """The text isn't the console's language; the sentence is the router's."""


@dataclass(frozen=True)
class Mixed:
    """A quoted text with variables and commands in it."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Bracket:
    program: tuple[Statement, ...]


@dataclass(frozen=True)
class Braces:
    """``{ … }``: a text, and the program that it is where one is expected."""

    text: str
    program: tuple[Statement, ...] | None


@dataclass(frozen=True)
class Test:
    """Two values compared, or joined; ``left`` of a condition over items is a Property."""

    operator: str
    left: Any
    right: Any = None


@dataclass(frozen=True)
class Property:
    name: str


@dataclass(frozen=True)
class Argument:
    """``name`` is None for what stands alone, ``value`` None for ``!name`` and for a flag."""

    name: str | None
    value: Any
    negated: bool = False


@dataclass(frozen=True)
class Statement:
    """``path`` is None for the language's own commands, ``verb`` None where a menu is only entered."""

    path: tuple[str, ...] | None
    verb: str | None
    arguments: tuple[Argument, ...] = ()
    where: Any = None
    line: int = 1
    text: str = field(default="", compare=False)


WORD = re.compile(r"""(?:\\\n[ \t]*|[^\s"\[\]{}();$=\\]|\\.)+""")
NAME = re.compile(r"(?:\\\n[ \t]*|[A-Za-z0-9.\-])+")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "_": " "}
OPERATORS = (("||", "or"), ("&&", "and"), ("!=", ">=", "<=", "=", "<", ">", "~", "in"), (",",), (".",), ("+", "-"), ("*", "/"))


class Values:
    """Reads values at ``at`` of a text. ``schema`` knows menus; ``lenient`` takes what it doesn't know as well."""

    def __init__(self, text, schema, menu=(), *, lenient=False):
        self.text, self.schema, self.menu, self.lenient = text, schema, menu, lenient
        self.at = 0

    # ---- where we are ----
    def misread(self, sentence="syntax error", at=None):
        at = self.at if at is None else at
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        return Misread(f"{sentence} (line {line} column {column})")

    def peek(self, length=1):
        return self.text[self.at : self.at + length]

    def blanks(self, *, lines=False):
        """Skip blanks and joined lines; with ``lines`` also line ends."""
        found = re.compile(r"(?:[ \t\r]|\\\r?\n)*" if not lines else r"(?:[ \t\r\n]|\\\r?\n)*").match(self.text, self.at)
        self.at = found.end()

    def take(self, text):
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    # ---- values ----
    def value(self, *, program=False):
        self.at = re.compile(r"(?:\\\r?\n[ \t]*)*").match(self.text, self.at).end()
        sign = self.peek()
        if sign == '"':
            return self.quoted()
        if sign == "$":
            return self.variable()
        if sign == "[":
            self.at += 1
            return Bracket(self.program("]"))
        if sign == "(":
            return self.parenthesis()
        if sign == "{":
            return self.braces(program=program)
        found = WORD.match(self.text, self.at)
        if not found:
            if sign and sign not in " \t\r\n;]})":
                raise self.misread("syntax error")
            return ""
        self.at = found.end()
        return _unescaped(found.group())

    def variable(self):
        self.at += 1
        if self.peek() == '"':
            return Variable(self.quoted())
        found = re.compile(r"[A-Za-z0-9]+").match(self.text, self.at)
        if not found:
            raise self.misread("syntax error")
        self.at = found.end()
        return Variable(found.group())

    def quoted(self):
        parts, text = [], ""
        self.at += 1
        while True:
            sign = self.peek()
            if not sign:
                raise self.misread("syntax error")
            if sign == '"':
                self.at += 1
                break
            if sign == "\\":
                joined = re.compile(r"\\\r?\n[ \t]*").match(self.text, self.at)
                if joined:
                    self.at = joined.end()
                    continue
                found = re.compile(r"(?:\\[0-9A-F]{2})+|\\.", re.DOTALL).match(self.text, self.at)
                if not found or (len(found.group()) == 2 and found.group()[1] not in 'nrtabfv_"$\\?'):
                    raise self.misread("syntax error")
                text += _unescaped(found.group())
                self.at = found.end()
            elif sign == "$":
                inner = self.text[self.at + 1 : self.at + 2]
                parts.append(whole(text))
                text = ""
                if inner in "([":
                    self.at += 1
                    parts.append(self.value())
                else:
                    parts.append(self.variable())
            else:
                text += sign
                self.at += 1
        return Mixed((*parts, whole(text))) if parts else whole(text)

    def braces(self, *, program=False):
        start = self.at
        self.at += 1
        if program:
            found = self.program("}")
            return Braces(self.text[start + 1 : self.at - 1], found)
        depth = 1
        while depth:
            sign = self.peek()
            if not sign:
                raise self.misread("syntax error", start)
            if sign == '"':
                self.quoted()
                continue
            depth += {"{": 1, "}": -1}.get(sign, 0)
            self.at += 1
        return Braces(self.text[start + 1 : self.at - 1], None)

    # ---- expressions ----
    def parenthesis(self):
        self.at += 1
        found = self.expression(0)
        self.blanks(lines=True)
        if not self.take(")"):
            raise self.misread("syntax error")
        return found

    def expression(self, level):
        if level == len(OPERATORS):
            return self.operand()
        left = self.expression(level + 1)
        while True:
            self.blanks(lines=True)
            operator = next((one for one in OPERATORS[level] if self.text.startswith(one, self.at)), None)
            if operator is None or (operator.isalpha() and not re.match(rf"{operator}\b", self.text[self.at :])):
                return left
            self.at += len(operator)
            left = Test({"||": "or", "&&": "and"}.get(operator, operator), left, self.expression(level + 1))

    def operand(self):
        self.blanks(lines=True)
        if self.take("!"):
            return Test("not", self.operand())
        if self.peek() == "-":
            self.at += 1
            return Test("-", "0", self.operand())
        if self.peek() in '"$[({':
            return self.value()
        found = re.compile(r"[A-Za-z0-9_\-./:*@]+").match(self.text, self.at)
        if not found:
            raise self.misread("syntax error")
        self.at = found.end()
        return found.group()

    # ---- conditions over items ----
    def conditions(self, names):
        """``[where] name=value name~"…" (… or …) !name flag``; blanks mean ``and``. None where there are none."""
        found = None
        if not self.ends() and re.match(r"where\b", self.text[self.at :]):
            self.at += len("where")
        while not self.ends():
            operator = "and"
            joined = re.compile(r"(and|or|&&|\|\|)(?=[\s(!])").match(self.text, self.at)
            if joined and found is not None:
                operator = {"&&": "and", "||": "or"}.get(joined.group(1), joined.group(1))
                self.at = joined.end()
                self.blanks()
            one = self.condition(names)
            found = one if found is None else Test(operator, found, one)
        return found

    def condition(self, names):
        start = self.at
        if self.take("!"):
            return Test("not", self.condition(names))
        if self.take("("):
            found = self.conditions(names)
            if not self.take(")"):
                raise self.misread("syntax error")
            return found
        if self.peek() in '$*"[':
            return Test("=", Property(".id"), self.value())
        found = NAME.match(self.text, self.at)
        if not found:
            raise self.misread("syntax error")
        self.at = found.end()
        name = joined(found.group())
        operator = next((one for one in ("!=", ">=", "<=", "=", "~", "<", ">") if self.take(one)), None)
        known = names is None or self.lenient or name in names
        if operator is None:
            if not known and re.fullmatch(r"\*?[0-9A-Fa-f]+", name):
                return Test("=", Property(".id"), name)
            if not known:
                raise self.misread("expected end of command", start)
            return Property(name)
        if not known:
            raise self.misread("expected end of command", start)
        return Test(operator, Property(name), self.value())


def whole(text):
    """Bytes that an export cut apart are signs again."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def joined(text):
    return re.sub(r"\\\r?\n[ \t]*", "", text)


def _unescaped(text):
    """A word without its escapes: bytes in hex are UTF-8 where they can be."""

    def plain(found):
        if found.group(1) is not None:
            return ESCAPES.get(found.group(1), found.group(1))
        return bytes.fromhex(found.group().replace("\\", "")).decode("utf-8", "surrogateescape")

    return re.sub(r"(?:\\[0-9A-F]{2})+|\\(.)", plain, joined(text), flags=re.DOTALL)

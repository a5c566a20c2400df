"""RouterOS' console language as a tree: menus, commands, arguments, conditions, and the small programs around them.

Like the router itself, the whole text is read before any of it runs: an unknown command or argument anywhere means that nothing is done, and
no ``on-error`` catches it.
"""

from __future__ import annotations

import re

from tests.emulators.routers.routeros_tokens import NAME, WORD, Argument, Statement, Values, joined, listed

OWN = frozenset(
    listed(
        "put delay do if foreach for while local global set return error len tonum tostr typeof pick find log execute nothing "
        "toarray tobool toip totime resolve onerror parse environment serialize deserialize convert range rndnum rndstr jobname "
        "beep"
    )
)
FLAGGED = ("print", "export", "run", "import", "save", "load", "reboot")  # take words that stand alone as switches
PROGRAMS = ("do", "else", "on-error", "in")
SWITCHES = ("blackhole", "fib")  # fields that are there or not
STEP = re.compile(r"[A-Za-z0-9\-]+|\.\.")


class Reader(Values):
    """Reads a whole text, statement by statement."""

    # ---- statements ----
    def program(self, end=""):
        """Statements up to ``end`` (a closing bracket, which is consumed) or the end of the text."""
        found, menu = [], self.menu
        while True:
            self.blanks(lines=True)
            if self.take(";"):
                continue
            if self.peek() == "#":
                self.at = (self.text.find("\n", self.at) + 1) or len(self.text)
                continue
            if not self.peek():
                if end:
                    raise self.misread("syntax error")
                break
            if end and self.take(end):
                break
            found.append(self.statement())
        if end:
            self.menu = menu
        return tuple(found)

    def statement(self):
        start = self.at
        line = self.text.count("\n", 0, start) + 1
        if self.peek() == "{":
            block = self.braces(program=True)
            return Statement(None, "do", (Argument(None, block),), line=line)
        if self.take(":"):
            found = STEP.match(self.text, self.at)
            if not found or found.group() not in {*OWN, "import", "export", "put"}:
                raise self.misread(f"bad command name {found.group() if found else ''}", start)
            self.at = found.end()
            path = () if found.group() in ("import", "export") else None
            return self.finished(path, found.group(), start, line)
        path, verb = self.menu_and_verb(start)
        if path is not None and verb is None:
            self.menu = path
            return Statement(path, None, line=line)
        return self.finished(path, verb, start, line)

    def menu_and_verb(self, start):
        path = () if self.take("/") else self.menu
        rooted = self.text[start] == "/"
        while True:
            self.blanks()
            found = STEP.match(self.text, self.at)
            if not found:
                if self.at == start or (self.peek() and self.peek() not in "\n;]}"):
                    raise self.misread("bad command name " + (WORD.match(self.text, self.at) or [""])[0], self.at)
                return path, None
            word, here = found.group(), self.at
            self.at = found.end()
            if word == "..":
                path = path[:-1]
            elif self.schema.folder((*path, word), lenient=self.lenient):
                path = (*path, word)
            elif word in self.schema.verbs(path, lenient=self.lenient):
                return path, word
            elif not rooted and word in OWN and here == start:
                return None, word
            else:
                raise self.misread(f"bad command name {word}", here)
            if self.peek() == "/":
                if not self.schema.slashes:
                    raise self.misread("expected end of command")
                self.at += 1

    def finished(self, path, verb, start, line):
        menu = self.menu
        if path is None:
            arguments, where = self.own_arguments(verb), None
        else:
            self.menu = path  # [find …] looks in the menu of the command that it stands in
            arguments, where = ((), self.conditions(self.schema.names(path, verb))) if verb == "find" else self.arguments(path, verb)
        self.menu = menu
        self.blanks()
        if self.peek() and self.peek() not in "\n;]})":
            raise self.misread("expected end of command")
        return Statement(path, verb, arguments, where, line, self.text[start : self.at].strip())

    def ends(self):
        self.blanks()
        return not self.peek() or self.peek() in "\n;]})"

    def arguments(self, path, verb):
        names, found, where, prefix = self.schema.names(path, verb), [], None, ""
        while not self.ends():
            here = self.at
            if verb in ("print", "export") and re.match(r"where\b", self.text[self.at :]):
                self.at += len("where")
                where = self.conditions(self.schema.names(path, "find"))
                break
            argument = self.argument()
            name = argument.name
            if name and name.startswith("."):
                name = prefix + name
                argument = Argument(name, argument.value, argument.negated)
            elif name and "." in name:
                prefix = name.rpartition(".")[0]
            if name is None and isinstance(argument.value, str) and verb in FLAGGED and argument.value in (names or ()):
                argument = Argument(argument.value, None)
            elif name is None and argument.value in SWITCHES and (names is None or argument.value in names or self.lenient):
                argument = Argument(argument.value, "yes")
            elif (name is None and not self.schema.selects(path, verb, argument.value)) or (
                name is not None and names is not None and name not in names and not self.lenient
            ):
                raise self.misread("expected end of command", here)
            found.append(argument)
        return tuple(found), where

    def argument(self, programs=()):
        start = self.at
        negated = self.peek() == "!" and bool(NAME.match(self.text, self.at + 1))
        if negated:
            self.at += 1
        found = NAME.match(self.text, self.at)
        if found and self.text[found.end() : found.end() + 1] == "=":
            if negated:
                raise self.misread("syntax error", start)
            self.at = found.end() + 1
            name = joined(found.group())
            return Argument(name, self.value(program=name in programs))
        if negated:
            name = joined(found.group())
            self.at = found.end()
            return Argument(name, None, negated=True)
        return Argument(None, self.value(program=None in programs))

    def own_arguments(self, verb):
        found = []
        programs = {*PROGRAMS} - ({"in"} if verb != "onerror" else set()) | ({None} if verb in ("do", "while", "execute") else set())
        while not self.ends():
            found.append(self.argument(programs if verb != "execute" else ()))
        return tuple(found)

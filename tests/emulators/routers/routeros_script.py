"""Somebody who runs RouterOS' commands and small programs: variables, blocks, expressions. Menus' commands are the box's."""

from __future__ import annotations

from tests.emulators.routers.routeros_logic import compared, shown, truth
from tests.emulators.routers.routeros_own import OWN
from tests.emulators.routers.routeros_tokens import Braces, Bracket, Mixed, Property, Statement, Test, Variable
from tests.emulators.routers.routeros_values import Failure, duration
from tests.emulators.routers.routeros_words import Reader

PROGRAMS_KEPT = 20


class Hand:
    """Somebody who runs commands: a login, a script, a scheduler. ``said`` is what they see; ``policies`` what they may."""

    def __init__(self, box, user, policies, *, interactive=False):
        self.box, self.user, self.policies, self.interactive = box, user, policies, interactive
        self.menu, self.said, self.scopes, self.session = (), [], [{}], None

    def ask(self, question, go):
        """Ask a person before ``go``; nobody else is asked."""
        if self.session is not None and self.interactive:
            self.session.question = (question, {"y": go})
        else:
            go()

    def may(self, *policies):
        if not set(policies) <= set(self.policies):
            raise Failure("not enough permissions (9)")

    def do(self, text):
        """Read a whole text, and run it. Raises Misread or Failure."""
        program, menu = self.box.programs.get((text, self.menu)) or self.read(text)
        value = self.run(program)
        self.menu = menu
        return value

    def read(self, text):
        """A program and the menu that it ends in. Kept, because schedulers run the same one again and again."""
        reader = Reader(text, self.box.schema, self.menu)
        found = reader.program(), reader.menu
        self.box.programs = {**dict(list(self.box.programs.items())[-PROGRAMS_KEPT:]), (text, self.menu): found}
        return found

    def run(self, program):
        value = None
        for statement in program:
            value = self.step(statement)
        return value

    def step(self, statement: Statement):
        if statement.path is None:
            return OWN[statement.verb](self, *self.split(statement))
        if statement.verb is None:
            return None
        return self.box.command(self, statement)

    def split(self, statement):
        """Arguments of the language's own commands: those without a name, and the others by name, both unevaluated."""
        alone = [one.value for one in statement.arguments if one.name is None]
        return alone, {one.name: one.value for one in statement.arguments if one.name is not None}

    def block(self, node):
        """A block, in a scope of its own."""
        self.scopes.append({})
        try:
            program = node.program if isinstance(node, Braces) and node.program is not None else None
            return self.run(program) if program is not None else self.value(node)
        finally:
            self.scopes.pop()

    # ---- values ----
    def value(self, node):
        if node is None or isinstance(node, str | bool | int | list):
            return node
        if isinstance(node, Mixed):
            return "".join(shown(self.value(part)) for part in node.parts)
        if isinstance(node, Variable):
            return self.variable(node.name)
        if isinstance(node, Bracket):
            return self.bracket(node)
        if isinstance(node, Braces):
            return node.text
        return self.test(node)

    def bracket(self, node):
        said, self.said = self.said, []
        try:
            found = self.run(node.program)
            return found if found is not None or not self.said else "\n".join(self.said)
        finally:
            self.said = said

    def variable(self, name):
        for scope in (*reversed(self.scopes), self.box.globals):
            if name in scope:
                return scope[name]
        return None

    def test(self, node: Test):
        if node.operator == "not":
            return not truth(self.value(node.left))
        left = self.value(node.left)
        if node.operator in ("and", "or"):
            return truth(self.value(node.right)) if truth(left) == (node.operator == "and") else truth(left)
        return compared(node.operator, left, self.value(node.right))

    def meets(self, node, fields):
        """Whether an entry with these values, all texts, meets a condition."""
        if node is None:
            return True
        if isinstance(node, Property):
            return fields.get(node.name, "no") not in ("no", "false", "")
        if node.operator in ("and", "or"):
            left, right = self.meets(node.left, fields), self.meets(node.right, fields)
            return (left and right) if node.operator == "and" else (left or right)
        if node.operator == "not":
            return not self.meets(node.left, fields)
        have, want = fields.get(node.left.name, ""), self.value(node.right)
        if node.left.name == ".id":
            return have in [shown(one) for one in (want if isinstance(want, list) else [want])]
        if isinstance(want, bool):
            want = "yes" if want else "no"
        if node.operator == "=" and have != shown(want):
            times = duration(have), duration(shown(want))
            return None not in times and times[0] == times[1]
        return compared(node.operator, have, shown(want))

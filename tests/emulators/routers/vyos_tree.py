"""A configuration of VyOS as its ``set`` lines: changing it by the schema's rules, and printing it in the device's three forms."""

from __future__ import annotations

import re

from tests.emulators.routers.vyos_schema import Kind, fits, schema


class Refused(Exception):
    """What the device says to a line that it doesn't take."""


def walked(root, words, verb):
    """The kinds along a path, one for each word. Raises Refused where the path, a name or a value isn't valid."""
    kind, kinds, at = root, [], 0
    while at < len(words):
        if kind.open:
            kinds += [Kind(open=True)] * (len(words) - at)
            return kinds
        below = kind.below.get(words[at])
        if below is None:
            before = " ".join(words[:at])
            raise Refused(f"Configuration path: {before + ' ' if before else ''}[{words[at]}] is not valid\n{verb} failed")
        kinds.append(below)
        at += 1
        pattern = below.names or below.values
        if pattern is not None and at < len(words):
            if not fits(pattern, words[at]):
                if verb == "Set":
                    raise Refused(
                        f"{'Invalid value' if below.values else f'{below.name} must be named otherwise than {words[at]}'}\nValue validation failed\nSet failed"
                    )
                raise Refused("Nothing to delete (the specified value does not exist)")
            kinds.append(below if below.names else Kind(name=words[at]))
            at += 1
            if below.values is not None:
                if at < len(words):
                    raise Refused(f"Configuration path: {' '.join(words[:at])} [{words[at]}] is not valid\n{verb} failed")
                return kinds
        kind = below
    return kinds


class Tree:
    """``lines`` are paths in the order in which they came; a node that is empty is a line of its own."""

    def __init__(self, lines=()):
        self.lines = dict.fromkeys(lines)

    def copy(self):
        return Tree(self.lines)

    def __eq__(self, other):
        return set(self.lines) == set(other.lines)

    def __hash__(self):
        return hash(frozenset(self.lines))

    def has(self, *path):
        return any(line[: len(path)] == path for line in self.lines)

    def values(self, *path):
        return [line[len(path)] for line in self.lines if line[: len(path)] == path and len(line) == len(path) + 1]

    def names(self, *path):
        return list(dict.fromkeys(line[len(path)] for line in self.lines if line[: len(path)] == path and len(line) > len(path)))

    def set(self, root, words):
        kinds = walked(root, words, "Set")
        last = kinds[-1]
        complete = len(words) >= 2 and kinds[-2].values is not None
        if last.values is not None and not complete:
            raise Refused(f"Configuration path: [{' '.join(words)}] requires a value\nSet failed")
        if last.names is not None and not (len(kinds) > 1 and kinds[-2] is last):
            raise Refused(f"Configuration path: [{' '.join(words)}] is not valid\nSet failed")
        if self.has(*words):
            raise Refused(f"Configuration path: [{' '.join(words)}] already exists")
        if complete and not kinds[-2].many:
            for line in [one for one in self.lines if one[:-1] == words[:-1]]:
                del self.lines[line]
        for size in range(1, len(words)):
            self.lines.pop(words[:size], None)
        self.lines[words] = None

    def delete(self, root, words):
        kinds = walked(root, words, "Delete")
        gone = [line for line in self.lines if line[: len(words)] == words]
        if not gone:
            raise Refused("Nothing to delete (the specified node does not exist)")
        for line in gone:
            del self.lines[line]
        # What was around it stays as an empty node, unless that is only the name of a list of things, or of a leaf.
        size = len(words) - 1
        while size > 0 and not self.has(*words[:size]):
            around = kinds[size - 1]
            instance = size > 1 and kinds[size - 2] is around
            if (around.names is None or instance) and around.values is None:
                self.lines[words[:size]] = None
                return
            size -= 1

    def ordered(self):
        numbers = {line: index for index, line in enumerate(self.lines)}
        return sorted(
            self.lines,
            key=lambda line: (
                ([_natural(word) for word in line[:-1]], numbers[line])
                if isinstance(line[-1], Value)
                else ([_natural(word) for word in line], -1)
            ),
        )

    def commands(self):
        return [
            f"set {' '.join([*map(_word, line[:-1]), quoted(line[-1]) if isinstance(line[-1], Value) else _word(line[-1])])}"
            for line in self.ordered()
        ]

    def text(self, only=()):
        """In braces, as ``show configuration`` and ``config.boot`` have it."""
        return "\n".join(_braces([line[len(only) :] for line in self.ordered() if line[: len(only)] == only], 0, only))


class Value(str):
    """The last word of a line where it is a leaf's value: told by the schema when it was set, and by its quotes when it was loaded."""

    __slots__ = ()


def marked(root, words):
    """The path with its last word marked as a value, where it is one."""
    try:
        kinds = walked(root, words, "Set")
    except Refused:
        return words
    return (*words[:-1], Value(words[-1])) if len(words) > 1 and kinds[-2].values is not None else words


def quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"


def _word(word):
    return word if re.fullmatch(r"[\w./:@+,=!*-]+", word) else quoted(word)


def _natural(word):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", word) if part]


def _braces(lines, depth, above):
    """Lines of one level; those with the same head belong together."""
    shown, pad = [], "    " * depth
    done = set()
    for line in lines:
        if not line:
            continue
        if len(line) == 2 and isinstance(line[-1], Value):
            shown.append(f"{pad}{line[0]} {_doubly(line[1])}")
            continue
        head = line[0]
        if head in done:
            continue
        done.add(head)
        inner = [one[1:] for one in lines if one[0] == head]
        if inner == [()]:
            shown.append(f"{pad}{head}" if (*above, head)[-1] in VALUELESS else f"{pad}{head} {{\n{pad}}}")
            continue
        tags = _tagged((*above, head))
        if tags:
            for name in dict.fromkeys(one[0] for one in inner if one):
                body = [one[1:] for one in inner if one and one[0] == name]
                if body == [()]:
                    shown.append(f"{pad}{head} {_doubly(name)} {{\n{pad}}}")
                else:
                    shown += [f"{pad}{head} {_doubly(name)} {{", *_braces(body, depth + 1, (*above, head, name)), f"{pad}}}"]
            continue
        shown += [f"{pad}{head} {{", *_braces(inner, depth + 1, (*above, head)), f"{pad}}}"]
    return shown


VALUELESS = {
    "disable", "blackhole", "disable-password-authentication", "disable-host-validation", "disable-connected-check", "exclude", "log", "match-ipsec",
    "match-none", "no-default-route", "bfd", "prefer", "pool", "noselect", "enable-default-log", "default-log", "shutdown", "passive", "log-neighbor-changes",
    "disable-route-autoinstall", "force-udp-encapsulation", "disable-mobike", "octet-counted", "inbound", "onlink", "multihop", "echo-mode", "gro", "gso", "sg", "tso",
}  # fmt: skip


def _tagged(path):
    """Whether a tag node stands there in either version; the printing of loaded lines needs no more."""
    for version in ("14", "13"):
        try:
            kinds = walked(schema(version), path, "Set")
        except Refused:
            continue
        if not kinds[-1].open:
            return kinds[-1].names is not None and not (len(kinds) > 1 and kinds[-2] is kinds[-1])
    return False


def _doubly(word):
    return word if re.fullmatch(r"[\w./:@+-]+", word) else '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_commands(text, root):
    """``set`` lines, as the device prints them."""
    lines = []
    for line in text.splitlines():
        words = tuple(unquoted(line.strip()))
        if not words or words[0] != "set":
            continue
        path = marked(root, words[1:])
        if line.rstrip().endswith("'") and not isinstance(path[-1], Value):
            path = (*path[:-1], Value(path[-1]))
        lines.append(path)
    return lines


def read_braces(text, root):
    """``config.boot``; what stands behind ``//`` is a remark."""
    lines, stack, fresh = [], [], []
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith(("//", "/*")):
            continue
        if line == "}":
            if fresh.pop():
                lines.append(marked(root, tuple(word for words in stack for word in words)))
            stack.pop()
            continue
        if fresh:
            fresh[-1] = False
        words = unquoted(line.removesuffix("{").strip())
        if line.endswith("{"):
            stack.append(words)
            fresh.append(True)
        else:
            path = tuple(word for words_ in stack for word in words_) + tuple(words)
            lines.append(marked(root, path))
    return lines


def unquoted(line):
    """Words as the shell splits them. Raises Refused where a quote isn't closed."""
    words, word, at, quote = [], None, 0, ""
    while at < len(line):
        sign = line[at]
        if quote:
            if sign == quote:
                quote = ""
            elif sign == "\\" and quote == '"' and line[at + 1 : at + 2] in ('"', "\\", "$", "`"):
                at += 1
                word += line[at]
            else:
                word += sign
        elif sign in "'\"":
            quote, word = sign, word or ""
        elif sign == "\\":
            at += 1
            word = (word or "") + line[at : at + 1]
        elif sign in " \t":
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + sign
        at += 1
    if quote:
        raise Refused("unexpected EOF while looking for matching quote")
    return [*words, word] if word is not None else words


def difference(old, new, only=()):
    """The ``compare`` of two trees: by node, what went and what came."""
    gone = [line for line in old.ordered() if line not in new.lines]
    came = [line for line in new.ordered() if line not in old.lines]
    places = {}
    for sign, lines, other in (("-", gone, new), ("+", came, old)):
        for line in lines:
            size = next((size for size in range(len(line) - 1, 0, -1) if other.has(*line[:size])), 0)
            places.setdefault(line[:size], []).append((sign, line[size:]))
    shown = []
    for place, entries in places.items():
        shown.append(f"[edit{''.join(' ' + word for word in place)}]")
        shown += [f"{sign}{' '.join(map(_doubly, rest))}" for sign, rest in entries]
    return "\n".join(shown)

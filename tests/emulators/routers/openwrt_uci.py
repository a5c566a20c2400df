"""``uci`` as libuci and its cli.c have it; a program of its own inside the sandbox, into which openwrt_uci_tree.py is copied.

Traps that are real: a batch goes on after an error and ends with 0; setting to nothing deletes, and is no error where nothing is;
``uci show`` prints a list of one value like an option; changes wait in /tmp until ``commit``.
"""

import fcntl
import json
import pathlib
import re
import sys

from tests.emulators.routers.openwrt_uci_tree import INVALID, Wrong, grown, parse, quoted, replay, tokens

CONFIG, DELTA = "/etc/config", "/tmp/.uci"
NAME = re.compile(r"[A-Za-z0-9_]+\Z")
NOT_FOUND = "Entry not found"
USAGE = "Usage: uci [<options>] <command> [<arguments>]\n\n"
MOST_WORDS = 4


class Usage(Exception):
    """Not a command, or not its arguments."""


def saved(name):
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise Wrong(INVALID)
    try:
        with open(f"{CONFIG}/{name}", encoding="utf-8") as file:
            return parse(name, file.read())
    except FileNotFoundError:
        raise Wrong(NOT_FOUND) from None


def changes(name):
    try:
        with open(f"{DELTA}/{name}", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def load(name):
    package = saved(name)
    for change in changes(name):
        replay(package, *change)
    return package


def note(name, *change):
    pathlib.Path(DELTA).mkdir(exist_ok=True)
    with open(f"{DELTA}/{name}", "a", encoding="utf-8") as file:
        file.write(json.dumps(change) + "\n")


def pointer(word):
    """``config.section.option=value`` in its parts; what isn't there is None."""
    path, equals, value = word.partition("=")
    parts = re.findall(r"(@[^.\[\]]*\[-?\d+\]|[^.]+)(?:\.|$)", path)
    if not parts or len(parts) > 3 or ".".join(parts) != path:
        raise Wrong(INVALID)
    if len(parts) > 2 and not NAME.match(parts[2]):
        raise Wrong(INVALID)
    if len(parts) > 1 and not parts[1].startswith("@") and not NAME.match(parts[1]):
        raise Wrong(INVALID)
    parts = [*parts, None, None][:3]
    return (*parts, value if equals else None)


class Uci:
    def __init__(self, flags):
        self.flags = flags
        self.out = sys.stdout

    def run(self, words):
        command, rest = words[0].lower(), words[1:]
        command = {"del": "delete", "ren": "rename"}.get(command, command)
        if command in ("show", "changes", "export", "commit"):
            return self.package(command, rest)
        if command in ("get", "set", "add_list", "del_list", "delete", "rename", "revert", "reorder"):
            if len(rest) != 1:
                raise Usage
            return self.section(command, *pointer(rest[0]))
        if command == "add":
            return self.add(rest)
        if command == "import":
            return self.take(rest)
        raise Usage

    def package(self, command, rest):
        if len(rest) > 1:
            raise Usage
        names = (
            [rest[0]] if rest else sorted(one.name for one in pathlib.Path(CONFIG).iterdir() if re.fullmatch(r"[A-Za-z0-9_-]+", one.name))
        )
        for word in names:
            try:
                name, section, option, _ = pointer(word)
                getattr(self, "do_" + command)(name, section, option)
            except Wrong:
                if rest:
                    raise
        return 0

    def do_changes(self, name, _section, _option):
        load(name)
        for do, section, option, value in changes(name):
            where = f"{name}.{section}" + (f".{option}" if option else "")
            sign = {"add_list": "+=", "del_list": "-="}.get(do, "=")
            print(f"-{where}" if do == "delete" else f"{where}{sign}{quoted(value)}")

    def do_commit(self, name, _section, _option):
        package, waiting = load(name), changes(name)
        if not waiting:
            return
        place = pathlib.Path(f"{CONFIG}/.{name}.uci-new")
        place.write_text(package.text(), encoding="utf-8")
        place.replace(f"{CONFIG}/{name}")
        pathlib.Path(f"{DELTA}/{name}").unlink()

    def do_export(self, name, _section, _option):
        package = load(name)
        sys.stdout.write(f"package {name}\n{package.text()}")

    def do_show(self, name, section, option):
        package, counts = load(name), {}
        found = package.find(section) if section else None
        if section and (found is None or (option and option not in found[3])):
            raise Wrong(NOT_FOUND)
        for one in package.sections:
            index = counts[one[0]] = counts.get(one[0], -1) + 1
            if found is None or one is found:
                shown = f"@{one[0]}[{index}]" if one[2] and "X" not in self.flags and found is None else one[1]
                self.show(name, shown, one, option)

    def show(self, name, shown, section, option):
        if option is None:
            print(f"{name}.{shown}={section[0]}")
        for key, value in section[3].items():
            if option in (None, key):
                print(f"{name}.{shown}.{key}=" + " ".join(map(quoted, value if isinstance(value, list) else [value])))

    def section(self, command, name, section, option, value):
        if command not in ("get", "revert") and section is None and command != "delete":
            raise Wrong(INVALID)
        package = load(name)
        found = package.find(section) if section else None
        if section and section.startswith("@") and found is None:
            raise Wrong(NOT_FOUND)
        section = found[1] if found else section
        return getattr(self, "do_" + command)(package, found, section, option, value)

    def do_get(self, _package, found, _section, option, _value):
        if found is None or (option and option not in found[3]):
            raise Wrong(NOT_FOUND)
        value = found[3][option] if option else found[0]
        print(" ".join(one if not re.search(r"\s", one) else quoted(one) for one in value) if isinstance(value, list) else value)

    def do_set(self, package, found, section, option, value):
        if value is None or (found is None and option):
            raise Wrong(INVALID)
        if not value:
            if found is not None and (option is None or option in found[3]):
                note(package.name, "delete", section, option, None)
            return
        if option is None and re.search(r"[^\x21-\x7e]", value):
            raise Wrong(INVALID)
        note(package.name, "set", section, option, value)

    def do_delete(self, package, found, section, option, _value):
        if found is None or (option and option not in found[3]):
            raise Wrong(NOT_FOUND)
        note(package.name, "delete", section, option, None)

    def do_add_list(self, package, found, section, option, value):
        if found is None or value is None or option is None:
            raise Wrong(INVALID)
        note(package.name, "add_list", section, option, value)

    def do_del_list(self, package, found, section, option, value):
        if found is None or value is None or option is None:
            raise Wrong(INVALID)
        if isinstance(found[3].get(option), list):
            note(package.name, "del_list", section, option, value)

    def do_rename(self, package, found, section, option, value):
        if found is None or (option and option not in found[3]):
            raise Wrong(NOT_FOUND)
        if not value or not NAME.match(value):
            raise Wrong(INVALID)
        note(package.name, "rename", section, option, value)

    def do_reorder(self, package, found, section, _option, value):
        if found is None or value is None:
            raise Wrong(NOT_FOUND)
        note(package.name, "reorder", section, None, value)

    def do_revert(self, package, _found, section, option, _value):
        kept = [one for one in changes(package.name) if section and not (one[1] == section and option in (None, one[2]))]
        pathlib.Path(f"{DELTA}/{package.name}").unlink(missing_ok=True)
        for one in kept:
            note(package.name, *one)

    def add(self, rest):
        if len(rest) != 2:
            raise Usage
        package = load(rest[0])
        if not NAME.match(rest[1].replace("-", "_")):
            raise Wrong(INVALID)
        name = package.add(rest[1])[1]
        note(package.name, "add", name, None, rest[1])
        print(name)

    def take(self, rest):
        if len(rest) > 1 or ("m" in self.flags and not rest):
            raise Usage
        packages = {}
        name = rest[0] if rest else ""
        for words in tokens(sys.stdin.read()):
            if words[0] == "package" and len(words) == 2:
                name = rest[0] if rest else words[1]
            else:
                packages.setdefault(name, []).append(words)
        for name, statements in packages.items():
            text = grown(name, statements).text()
            with open(f"{CONFIG}/{name}", "w", encoding="utf-8") as file:
                file.write(text)


def one(uci, words):
    try:
        return uci.run(words) or 0
    except Wrong as wrong:
        if "q" not in uci.flags:
            print(f"uci: {wrong}", file=sys.stderr, flush=True)
        return 1
    except Usage:
        return 255


def batch(uci):
    for line in sys.stdin.read().split("\n"):
        try:
            statements = list(tokens(line))
        except Wrong as wrong:
            print(f"uci: {wrong}", file=sys.stderr)
            continue
        for words in statements:
            if len(words) > MOST_WORDS:
                print("Too many arguments", file=sys.stderr)
            elif words[0] == "exit":
                return
            elif one(uci, words) == 255:
                print("Unknown command", file=sys.stderr)


def main(words):
    flags = ""
    while words and words[0].startswith("-") and len(words[0]) > 1:
        letter = words.pop(0)[1:]
        flags += letter
        if letter[-1] in "cdfpP":
            words.pop(0)
    if not words:
        sys.stderr.write(USAGE)
        return 0
    uci = Uci(flags)
    pathlib.Path(DELTA).mkdir(exist_ok=True)
    with open("/run/uci.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if words[0].lower() == "batch":
            batch(uci)
            return 0
        status = one(uci, words)
    if status == 255:
        sys.stderr.write(USAGE)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

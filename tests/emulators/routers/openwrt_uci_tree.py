"""UCI's files: their words, the sections that they make, and what a change makes of them. Runs inside the sandbox, with openwrt_uci.py."""

import re

INVALID, PARSE = "Invalid argument", "Parse error"


class Wrong(Exception):
    """What libuci prints behind ``uci: ``."""


def tokens(text):
    """The statements of a configuration file, and of a batch: words with their quotes taken off."""
    at, words = 0, []
    while at < len(text):
        sign = text[at]
        if sign in " \t\r":
            at += 1
        elif sign in "\n;":
            if words:
                yield words
            words, at = [], at + 1
        elif sign == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        else:
            word, at = token(text, at)
            words.append(word)
    if words:
        yield words


def token(text, at):
    word = ""
    while at < len(text) and text[at] not in " \t\r\n;":
        if text[at] == "'":
            end = text.find("'", at + 1)
            if end < 0:
                raise Wrong(f"{PARSE} (unterminated ')")
            word, at = word + text[at + 1 : end], end + 1
        elif text[at] == '"':
            at += 1
            while at < len(text) and text[at] != '"':
                at += text[at] == "\\"
                word, at = word + text[at], at + 1
            if at >= len(text):
                raise Wrong(f'{PARSE} (unterminated ")')
            at += 1
        else:
            at += text[at] == "\\"
            word, at = word + text[at : at + 1], at + 1
    return word, at


class Package:
    """``sections`` are [type, name, anonymous, {option: text or list}]."""

    def __init__(self, name, sections):
        self.name, self.sections = name, sections

    def add(self, kind, name=None):
        if name is None:
            number = len(self.sections) + 1
            hashed = 0
            for sign in kind:
                hashed = (hashed * 33 + ord(sign)) & 0xFFFF
            name = f"cfg{number:02x}{hashed:04x}"
            while any(one[1] == name for one in self.sections):
                number += 1
                name = f"cfg{number:02x}{hashed:04x}"
            self.sections.append([kind, name, True, {}])
        else:
            self.sections.append([kind, name, False, {}])
        return self.sections[-1]

    def find(self, name):
        """A section by its name or as ``@type[index]``."""
        indexed = re.fullmatch(r"@([^\[\]]*)\[(-?\d+)\]", name)
        if not indexed:
            if name.startswith("@") or "[" in name:
                raise Wrong(INVALID)
            return next((one for one in self.sections if one[1] == name), None)
        found = [one for one in self.sections if not indexed[1] or one[0] == indexed[1]]
        index = int(indexed[2])
        return found[index] if -len(found) <= index < len(found) else None

    def text(self):
        lines = []
        for kind, name, anonymous, options in self.sections:
            lines.append(f"\nconfig {kind}" + ("" if anonymous else f" {quoted(name)}"))
            for option, value in options.items():
                lines += [
                    f"\t{'list' if isinstance(value, list) else 'option'} {option} {quoted(one)}"
                    for one in (value if isinstance(value, list) else [value])
                ]
        return "\n".join(lines) + "\n\n" if lines else "\n"


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def parse(name, text):
    """A whole file. Raises Wrong."""
    return grown(name, tokens(text))


def grown(name, statements):
    package = Package(name, [])
    for words in statements:
        head = words[0]
        if head == "package" and len(words) == 2:
            continue
        if head == "config" and len(words) in (2, 3):
            found = package.find(words[2]) if len(words) == 3 else None
            if found is None:
                package.add(*words[1:])
            else:
                package.sections.remove(found)  # a section that is there twice goes on at the later place
                package.sections.append(found)
        elif head == "option" and len(words) == 3 and package.sections:
            package.sections[-1][3][words[1]] = words[2]
        elif head == "list" and len(words) == 3 and package.sections:
            kept = package.sections[-1][3].get(words[1], [])
            package.sections[-1][3][words[1]] = [*(kept if isinstance(kept, list) else [kept]), words[2]]
        else:
            raise Wrong(f"{PARSE} (invalid command) at line 1, byte 0")
    return package


def replay(package, do, section, option, value):
    """One change upon a package; what has no place any more is passed over, as libuci does."""
    if do == "add":
        package.add(value)[1] = section
        return
    found = package.find(section)
    if found is None:
        if do == "set" and option is None:
            package.add(value, section)
        return
    (on_section if option is None else on_option)(package, found, do, option, value)


def on_section(package, found, do, _option, value):
    if do == "set":
        found[0] = value
    elif do == "rename":
        found[1], found[2] = value, False
    else:
        package.sections.remove(found)
        if do == "reorder":
            package.sections.insert(int(value), found)


def on_option(_package, found, do, option, value):
    options = found[3]
    kept = options.get(option, [])
    kept = kept if isinstance(kept, list) else [kept]
    if do == "set":
        options[option] = value
    elif do == "delete":
        options.pop(option, None)
    elif do == "rename":
        found[3] = {value if name == option else name: one for name, one in options.items()}
    else:
        options[option] = [*kept, value] if do == "add_list" else [one for one in kept if one != value]
        if not options[option]:
            del options[option]

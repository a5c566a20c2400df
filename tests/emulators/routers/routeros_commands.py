"""What a menu's commands do: ``add``, ``set``, ``remove``, ``move``, ``print``, ``find``, ``get``, ``export``; the special ones are in
routeros_system."""

from __future__ import annotations

from tests.emulators.routers.routeros_export import DEFAULTS, NEVER, SECRETS
from tests.emulators.routers.routeros_logic import shown
from tests.emulators.routers.routeros_print import page, single
from tests.emulators.routers.routeros_tables import INTERFACE_MENUS, public_key
from tests.emulators.routers.routeros_values import Failure

NOUNS = {
    "ip firewall filter": "filter rule", "ip firewall nat": "nat rule", "ip firewall mangle": "mangle rule", "ip address": "address", "ip route": "route",
    "ip firewall address-list": "address list entry", "user": "user", "user group": "user group", "system script": "script",
    "system scheduler": "script scheduled", "interface list member": "interface list member", "ip pool": "pool", "ip dns static": "static dns entry",
}  # fmt: skip


class Given:
    """A command's arguments, evaluated: ``alone`` without a name, ``fields`` by name as texts, ``words`` that are switches."""

    def __init__(self, hand, statement):
        self.alone = [hand.value(one.value) for one in statement.arguments if one.name is None]
        self.words = {one.name for one in statement.arguments if one.name is not None and one.value is None and not one.negated}
        self.fields = {}
        for one in statement.arguments:
            if one.negated:
                self.fields[one.name] = ""
            elif one.name is not None and one.value is not None:
                self.fields[one.name] = text_of(hand.value(one.value))
        self.where = statement.where

    def pop(self, name, default=None):
        return self.fields.pop(name, default)


def text_of(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(shown, value)) if isinstance(value, list) else shown(value)


def visible(box, path, item, *, secrets=True, listing=()):
    """All that ``print``, ``find`` and ``get`` see of an entry: its values, defaults, and what the router works out."""
    menu = box.schema.menu(path)
    fields = {name: one.default for name, one in (menu.fields or {}).items() if one.default is not None}
    fields |= item.fields | box.worked_out(path, item)
    if path in INTERFACE_MENUS and not menu.single:
        fields.setdefault("running", "no" if fields.get("disabled") == "yes" else "yes")
        if listing != ("interface",):
            fields.pop("type", None)
    if path == ("interface", "wireguard") and fields.get("private-key"):
        fields["public-key"] = public_key(fields["private-key"])
    if path == ("user",):
        fields.pop("password", None)
    if path == ("user", "ssh-keys"):
        fields.pop("key", None)
    if not secrets:
        fields = {name: text for name, text in fields.items() if name not in SECRETS}
    fields[".id"] = item.id
    if item.factory is not None and path in DEFAULTS:
        fields["default"] = "yes"
    return fields


def entries(box, path):
    """The entries of a menu; ``/interface`` shows those of every kind."""
    if path == ("interface",):
        return [(kind, item) for kind in INTERFACE_MENUS for item in box.rows(kind)]
    return [(path, item) for item in box.rows(path)]


def chosen(box, hand, path, given):
    """The entries that a command is about."""
    said = [*given.alone, *([given.pop("numbers")] if "numbers" in given.fields else [])]
    if not said:
        raise Failure("missing value(s) of argument(s) numbers")
    if path == ("interface",):
        return [
            (kind, item)
            for value in said
            for kind, item in entries(box, path)
            if {item.fields.get("name"), item.id} & set(map(str, value if isinstance(value, list) else value.split(",")))
        ]
    return [(path, item) for value in said for item in box.pick(path, value)]


def add(box, hand, path, given):
    before = given.pop("place-before")
    copied = given.pop("copy-from")
    fields = given.fields
    if copied is not None:
        fields = {**box.pick(path, copied)[0].fields, **fields}
    places = box.pick(path, before) if before is not None else [None]
    if not places:
        raise Failure("no such item")
    if not box.loading:
        box.allowed(path, fields, hand)
    item = box.add(path, fields, places[0])
    box.added(path, item, hand)
    box.note(path, "added", hand)
    return item.id


def change(box, hand, path, given):
    if box.schema.menu(path).single:
        box.set(path, box.one(path), given.fields)
        box.note(path, "changed", hand)
        return
    for kind, item in chosen(box, hand, path, given):
        box.set(kind, item, given.fields)
        box.added(kind, item, hand)
        box.note(kind, "changed", hand)


def remove(box, hand, path, given):
    found = [item for _, item in chosen(box, hand, path, given)]
    box.remove(path, found)
    for _ in found:
        box.note(path, "removed", hand)


def switch(box, hand, path, given, *, off):
    for kind, item in chosen(box, hand, path, given):
        box.set(kind, item, {"disabled": off})
        box.added(kind, item, hand)
        box.note(kind, "changed", hand)


def comment(box, hand, path, given):
    text = given.pop("comment")
    if text is None and len(given.alone) > 1:
        text = shown(given.alone.pop())
    for kind, item in chosen(box, hand, path, given):
        box.set(kind, item, {"comment": text or ""})


def unset(box, hand, path, given):
    name = given.pop("value-name") or shown(given.alone.pop())
    for kind, item in chosen(box, hand, path, given):
        box.set(kind, item, {name: ""})


def move(box, hand, path, given):
    destination = given.pop("destination")
    if destination is None and len(given.alone) > 1:
        destination = given.alone.pop()
    items = [item for _, item in chosen(box, hand, path, given)]
    before = None if destination is None else (box.pick(path, destination) or [None])[0]
    box.move(path, items, before)
    box.note(path, "moved", hand)


def find(box, hand, path, given):
    return [item.id for kind, item in entries(box, path) if hand.meets(given.where, visible(box, kind, item, listing=path))]


def get(box, hand, path, given):
    name = given.pop("value-name")
    if box.schema.menu(path).single:
        fields = box.page(path) or visible(box, path, box.one(path))
        name = name or (shown(given.alone.pop()) if given.alone else None)
    else:
        given.fields.setdefault("numbers", given.pop("number", "")) if "number" in given.fields else None
        name = name or (shown(given.alone.pop()) if len(given.alone) > 1 else None)
        found = chosen(box, hand, path, given)
        if len(found) != 1:
            raise Failure("no such item" if not found else "invalid internal item number")
        fields = visible(box, *found[0], secrets="sensitive" in hand.policies)
    if name is None:
        return ";".join(f"{key}={text}" for key, text in fields.items())
    known = box.schema.menu(path).fields
    if name not in fields and known is not None and name not in known:
        raise Failure(f"unknown parameter {name}" if box.schema.major >= 7 else "input does not match any value of value-name")
    text = fields.get(name)
    return {"yes": True, "no": False}.get(text, text)


def show(box, hand, path, given):
    """``print``. ``as-value`` gives texts, not maps: enough for what is asked of it here."""
    if box.schema.menu(path).single:
        fields = box.page(path) or {
            name: text for name, text in visible(box, path, box.one(path)).items() if name not in (".id", "default")
        }
        hand.said += single(fields)
        return None
    picked = None if not given.alone else [item for value in given.alone for item in box.pick(path, value)]
    rows = [
        (number, visible(box, kind, item, secrets="sensitive" in hand.policies, listing=path))
        for number, (kind, item) in enumerate(entries(box, path))
        if (picked is None or item in picked) and hand.meets(given.where, visible(box, kind, item, listing=path))
    ]
    if "proplist" in given.fields:
        shown_ones = {*given.fields["proplist"].split(","), "disabled", "dynamic", "running", "default"}
        rows = [(number, {name: text for name, text in fields.items() if name in shown_ones}) for number, fields in rows]
    if "as-value" in given.words:
        return [";".join(f"{name}={text}" for name, text in fields.items()) for _, fields in rows]
    if "count-only" in given.words and not hand.interactive:
        hand.said.append(str(len(rows)))
        return len(rows)
    if "file" in given.fields:
        hand.may("ftp")
        box.keep_file(given.fields["file"] + ".txt", "\n".join(page(" ".join(path), rows, given.words, box.schema.major)) + "\n")
        return None
    hand.said += page(" ".join(path), rows, given.words, box.schema.major)
    return None


def exported(box, hand, path, given):
    secrets = "show-sensitive" in given.words if box.schema.major >= 7 else "hide-sensitive" not in given.words
    if secrets and box.schema.major >= 7:
        hand.may("sensitive")
    secrets = secrets and "sensitive" in hand.policies
    width = getattr(hand, "menu_width", 80)
    chosen_ones = None if given.where is None else lambda kind, item: hand.meets(given.where, visible(box, kind, item))
    text = box.export_text(
        under=path, width=width, terse="terse" in given.words, verbose="verbose" in given.words, secrets=secrets, chosen=chosen_ones
    )
    if path in NEVER:
        text = "\n".join(box.header()) + "\n"
    if "file" in given.fields:
        hand.may("ftp")
        box.keep_file(given.fields["file"] + ".rsc", text)
    else:
        hand.said.append(text.rstrip("\n"))


READS = {"print": show, "find": find, "get": get, "export": exported}
WRITES = {
    "add": add, "set": change, "remove": remove, "move": move, "comment": comment, "unset": unset, "edit": change,
    "enable": lambda *four: switch(*four, off="no"), "disable": lambda *four: switch(*four, off="yes"),
}  # fmt: skip


def usual(box, hand, statement):
    """A command that every menu has."""
    path, verb = statement.path, statement.verb
    if verb in READS:
        hand.may("read")
        return READS[verb](box, hand, path, Given(hand, statement))
    hand.may("write", *(["policy"] if path[:1] == ("user",) else []))
    return WRITES[verb](box, hand, path, Given(hand, statement))

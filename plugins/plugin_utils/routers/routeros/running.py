"""What a RouterOS says of itself, understood: its export, and what stands in no export."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import Garbled, Refused
from ..platform import Standing, hide
from .grammar import Entry, Export, parse
from .listing import read_listing, read_resource, size_bytes
from .menus import MENUS, UNDO

RESOURCE = "/system resource print"
EXPORT = {7: "/export", 6: "/export hide-sensitive"}  # both without secrets
HISTORY = "/system history print without-paging"
USERS = "/user print detail without-paging"
KEYS = "/user ssh-keys print detail without-paging"
# Without the private keys, which "detail" alone would print.
WIREGUARD = "/interface wireguard print detail without-paging proplist=name,public-key"
READS = {7: (RESOURCE, EXPORT[7], HISTORY, USERS, KEYS, WIREGUARD), 6: (RESOURCE, EXPORT[6], HISTORY, USERS)}

REFUSAL = re.compile(
    r"^\s*(failure:|bad command name|bad parameter|expected |syntax error|no such (item|command|argument)|input does not match|invalid |"
    r"ambiguous value|value of |missing value|not enough permissions|no permissions?|unknown parameter|can ?not |can't |"
    r"action (timed out|cancelled|failed)|item already|already have|duplicate |script error|error: |timeout|interrupted|"
    r"permission denied|[a-z ]*not allowed)",
    re.IGNORECASE | re.MULTILINE,
)
FLOATING = re.compile(r"^\s*(\d+\s+)?[UR]*F[UR]*\s", re.MULTILINE)
NO_FLAG = re.compile(r"^(Flags|Columns):.*$", re.MULTILINE)


# What an export says of its own making, and a user's last visit, change by themselves; a community is a password.
MADE = re.compile(r"^# .*(?: by RouterOS |software id).*\n", re.MULTILINE)
VISITED = re.compile(r" last-logged-in=(?:\"[^\"]*\"|\S+(?: \d\d:\d\d:\d\d)?)")
COMMUNITIES = re.compile(r"^/snmp community\n(?:(?!/).*\n?)*", re.MULTILINE)
NAMED = re.compile(r"(\bname=)(\"[^\"]*\"|[^\s\\]+)")


@dataclass(frozen=True)
class Row:
    """An entry that somebody added. ``values`` are as the export has them, defaults left out."""

    menu: str
    values: Mapping[str, str | None]

    @property
    def mark(self) -> str:
        """The value of the property by which entries of this menu are ours."""
        return self.values.get(MENUS[self.menu].mark or "") or "" if self.menu in MENUS else ""


@dataclass(frozen=True)
class Running:
    """The router as it is.

    ``keys`` are WireGuard's public keys by interface, ``free_bytes`` what the flash still takes (None: unsaid). ``in_safe_mode``: somebody
    has changed something in safe mode and not kept it yet; one who only took safe mode can't be seen by any read.
    """

    version: tuple[int, int]
    export: Export
    rows: Mapping[str, tuple[Row, ...]]
    settings: Mapping[tuple[str, str], Mapping[str, str | None]]
    keys: Mapping[str, str] = field(default_factory=dict)
    free_bytes: int | None = None
    in_safe_mode: bool = False

    def of(self, menu: str) -> tuple[Row, ...]:
        """The entries of a menu, in their order."""
        return self.rows.get(menu, ())

    def setting(self, menu: str, row: str = "") -> Mapping[str, str | None]:
        """The values of a menu, or of one of the rows that it always has, as far as they aren't defaults."""
        return self.settings.get((menu, row), {})

    @property
    def guarded(self) -> bool:
        """Whether a guard is armed now."""
        return any(str(row.values.get("name")).startswith(UNDO) for row in self.of("system scheduler"))


def understand(answers: Mapping[str, str], major: int) -> Running:
    """The answers of all reads of a major version.

    :raises Refused: when a read isn't allowed, or not known to this router.
    :raises Garbled: when an answer is incomplete.
    """
    for command in READS[major]:
        if command not in answers:
            raise Garbled(f"{command} has no answer; read the router again")
        _accept(command, answers[command])
    export = parse(answers[EXPORT[major]])
    resource = read_resource(answers[RESOURCE])
    version = export.version or _version(resource.get("version", ""))
    lacking = sorted({menu for menu in export.failed if any(ours.startswith(menu) for ours in MENUS)})
    if lacking:
        raise Garbled(f"/export: the router couldn't export /{lacking[0]}, which motcua needs; read it again when the router is less busy")
    rows, settings = _sorted(export)
    rows["user"] = tuple(_user(row) for row in read_listing(answers[USERS]))
    rows["user ssh-keys"] = tuple(Row("user ssh-keys", _key(row)) for row in read_listing(answers.get(KEYS, "")))
    keys = {row["name"]: row.get("public-key", "") for row in read_listing(answers.get(WIREGUARD, "")) if "name" in row}
    in_safe_mode = bool(FLOATING.search(NO_FLAG.sub("", answers[HISTORY])))
    return Running(version, export, rows, settings, keys, size_bytes(resource.get("free-hdd-space", "")), in_safe_mode)


def whole(answers: Mapping[str, str], standing: Standing = hide) -> str:
    """The export, and the users and keys that stand in none; without secrets and what changes by itself."""
    export = next(answer for command, answer in answers.items() if command.startswith("/export"))
    export = COMMUNITIES.sub(lambda menu: NAMED.sub(lambda name: f"{name[1]}{standing(name[2])}", menu[0]), MADE.sub("", export))
    beside = (f"# {command}\n{VISITED.sub('', answers[command]).strip()}" for command in (USERS, KEYS) if command in answers)
    return "\n".join([export.strip(), *beside]) + "\n"


def _accept(command: str, answer: str) -> None:
    first = next((line.strip() for line in answer.splitlines() if line.strip()), "")
    if REFUSAL.match(first):
        raise Refused(
            f"{command}: the router answers «{first[:80]}»; give the account the policies read, write, policy, test and sensitive"
        )


def _version(text: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", text)
    if match is None:
        raise Garbled(f"{RESOURCE} names no version of RouterOS, so that its language isn't known; read the router again")
    return int(match[1]), int(match[2])


def _sorted(export: Export) -> tuple[dict[str, tuple[Row, ...]], dict[tuple[str, str], dict[str, str | None]]]:
    """Added entries by menu, and values that were set by menu and row."""
    rows: dict[str, list[Row]] = {}
    settings: dict[tuple[str, str], dict[str, str | None]] = {}
    for line in export.entries:
        if line.verb == "add":
            rows.setdefault(line.menu, []).append(Row(line.menu, dict(line.properties)))
        elif line.verb == "set":
            settings.setdefault((line.menu, _selected(line)), {}).update(line.properties)
    return {menu: tuple(found) for menu, found in rows.items()}, settings


def _selected(line: Entry) -> str:
    return " ".join(line.selector.replace("[", "[ ").replace("]", " ]").split())


def _user(row: Mapping[str, str]) -> Row:
    return Row("user", {**row, "disabled": "yes" if "X" in row["flags"] else "no"})


def _key(row: Mapping[str, str]) -> dict[str, str | None]:
    """A key's owner, which newer versions call otherwise."""
    owner = row.get("key-owner") or row.get("info") or row.get("comment") or ""
    return {"user": row.get("user", ""), "key-owner": owner, "fingerprint": row.get("fingerprint", "")}


def fingerprint(key: str) -> str:
    """An OpenSSH public key's SHA-256 fingerprint, as ssh-keygen and newer RouterOS write it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

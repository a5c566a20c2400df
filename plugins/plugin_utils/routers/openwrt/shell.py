"""Single lines for the box's shell. dropbear takes 9000 bytes at most in one (MAX_CMD_LEN), so that a long file is sent in pieces."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ModelError
from ..platform import Command
from ..state import Secret
from .uci import Section, Values, quoted

PIECE_BYTES = 4000
QUESTION = "motcua-secret: "
SPOOL = "/etc/motcua/new"  # beside the files, so that moving it into place is one step
COPY = "/etc/motcua-guard/copy"


def plain(line: str, shown: str | None = None) -> Command:
    """A command without a secret."""
    return Command(line, line if shown is None else shown)


def leniently(command: Command) -> Command:
    """The same as part of an undo, where what it takes back may never have been done."""
    return Command(f"{{ {command.text}; }} 2>/dev/null || true", command.shown, command.expect, command.answer)


def put_section(package: str, section: Section) -> list[Command]:
    """Make a section with all its options."""
    lines = [plain(f"uci set {package}.{section.name}={quoted(section.type)}")]
    return lines + [one for option, value in section.options.items() for one in put_option(f"{package}.{section.name}.{option}", value)]


def put_option(place: str, value: Values, before: Values | None = None) -> list[Command]:
    """Set an option; of a list that only grew, only what is new. ``before`` is what is there."""
    if isinstance(value, str):
        return [plain(f"uci set {place}={quoted(value)}")]
    if isinstance(before, tuple) and before and value[: len(before)] == before:
        return [_add(place, one) for one in value[len(before) :]]
    emptied = [] if before is None else [drop(place)]
    return [*emptied, *(_add(place, one) for one in value)]


def restore_option(place: str, value: Values | None) -> list[Command]:
    """Bring an option back to what it was, whatever it is now."""
    emptied = [plain(f"uci -q delete {place} || true", f"uci delete {place}")]
    if value is None:
        return emptied
    return [plain(f"uci set {place}={quoted(value)}")] if isinstance(value, str) else [*emptied, *(_add(place, one) for one in value)]


def _add(place: str, value: str) -> Command:
    return plain(f"uci add_list {place}={quoted(value)}")


def drop(place: str) -> Command:
    """Delete a section or an option."""
    return plain(f"uci delete {place}")


def asked(line: str, shown: str, *secrets: Secret) -> Command:
    """A command that reads secrets from its standard input, a line each: nothing of them stands in a process list."""
    if any(character in str(secret.value or "") for secret in secrets for character in "'\"\\\n"):
        raise ModelError(f"{secrets[0]}: has a quote, a backslash or a line's end in it, which OpenWrt's files can't hold; choose another")
    answer = "\n".join(str(secret.value or "") for secret in secrets)
    return Command(f"umask 077; printf '{QUESTION}'; {line}", shown, expect=QUESTION, answer=answer)


def put_secret_option(place: str, secret: Secret) -> Command:
    """Set an option to a secret; only shell builtins and ``uci``'s standard input see it."""
    line = f"""IFS= read -r s && echo && printf "set {place}='%s'\\n" "$s" | uci batch"""
    return asked(line, f"uci set {place}='{secret}'", secret)


def restore_secret_option(place: str) -> Command:
    """The secret that the guard's copy has goes back to where it was, without leaving the box."""
    package, section, option = place.split(".")
    # Not by uci: it would lay what is typed and not committed over the copy too.
    found = f"/^config .*'{section}'$/,/^config /s/^[[:space:]]*option {option} '\\(.*\\)'$/\\1/p"
    read = f's=$(sed -n "{found}" {COPY}/etc/config/{package}) && [ -n "$s" ]'
    write = f"""printf "set {place}='%s'\\n" "$s" | uci batch"""
    return plain(f"{read} && {write} || true", f"uci set {place}='(secret from the guard's copy)'")


def put_file(path: str, text: str, mode: str) -> list[Command]:
    """Write a file: whole, or not at all."""
    pieces = _pieces(text.rstrip("\n").split("\n"))
    lines = [f"mkdir -p {SPOOL.rpartition('/')[0]} {path.rpartition('/')[0]}"]
    if not text:
        return [plain(f"{lines[0]} && : > {path} && chmod {mode} {path}", f"empty {path}")]
    lines += [f"printf '%s\\n' {' '.join(map(quoted, piece))} {'>' if at == 0 else '>>'} {SPOOL}" for at, piece in enumerate(pieces)]
    lines += [f"chmod {mode} {SPOOL} && mv {SPOOL} {path}"]
    return [plain(line, f"write {path}" + (f" ({at + 1})" if at else "")) for at, line in enumerate(lines)]


def _pieces(lines: Sequence[str]) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for line in lines:
        if pieces[-1] and sum(len(quoted(one).encode()) + 1 for one in [*pieces[-1], line]) > PIECE_BYTES:
            pieces.append([])
        pieces[-1].append(line)
    return pieces


def put_secret_file(path: str, text: str, holder: str, secret: Secret) -> Command:
    """Write a file whose one line has ``holder`` where the secret belongs; only its owner may read it."""
    lines = " ".join('"' + line.replace('"', '\\"').replace(holder, "$s") + '"' for line in text.rstrip("\n").split("\n"))
    line = f"mkdir -p {path.rpartition('/')[0]} && IFS= read -r s && echo && printf '%s\\n' {lines} > {path}"
    return asked(line, f"write {path} with {secret}", secret)


def restore_file(path: str) -> Command:
    """A file that nobody reads goes back to what the guard's copy has of it."""
    return plain(f"if [ -e {COPY}{path} ]; then cp -a {COPY}{path} {path}; else rm -f {path}; fi", f"restore {path}")

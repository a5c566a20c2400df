"""Commands of single menus: scripts, backups, files, keys, import, restart."""

from __future__ import annotations

import base64
import hashlib

from tests.emulators.routers.box import Closed
from tests.emulators.routers.routeros_commands import Given, usual
from tests.emulators.routers.routeros_logic import Return, shown
from tests.emulators.routers.routeros_tokens import Misread
from tests.emulators.routers.routeros_values import Failure
from tests.emulators.routers.routeros_words import Reader

DEPTH = 20
KEY_TYPES = ("ssh-rsa", "ssh-ed25519")  # of what people use; version 6 takes RSA and DSA alone


def run_script(box, hand, statement):
    given = Given(hand, statement)
    name = shown(given.alone[0]) if given.alone else given.pop("number", "")
    script = box.pick(("system", "script"), name)[0]
    policies = set(script.fields["policy"].split(",")) - {""}
    own = "use-script-permissions" in given.words
    if not own and script.fields.get("dont-require-permissions") != "yes":
        hand.may(*policies)
    run_source(box, hand, script, policies if own else hand.policies)


def run_source(box, hand, script, policies):
    """A stored script, with these rights; what it prints, its caller sees."""
    if box.depth > DEPTH:
        raise Failure("maximum recursion depth")
    was, menu, scopes = hand.policies, hand.menu, hand.scopes
    hand.policies, hand.menu, hand.scopes = frozenset(policies), (), [{}]
    box.depth += 1
    box.script_runs[script.number] = box.script_runs.get(script.number, 0) + 1
    try:
        hand.do(script.fields.get("source", ""))
    except Return:
        pass
    except Misread as wrong:
        raise Failure(str(wrong)) from None
    finally:
        hand.policies, hand.menu, hand.scopes = was, menu, scopes
        box.depth -= 1


def save_backup(box, hand, statement):
    """Everything that there is at this moment, users and schedulers too, into a file."""
    hand.may("ftp", "sensitive")
    given = Given(hand, statement)
    name = given.pop("name") or (shown(given.alone[0]) if given.alone else f"{box.identity}-{box.clock:%Y%m%d-%H%M}")
    box.keep_file(name.removesuffix(".backup") + ".backup", {"tables": box.copy(), "password": given.pop("password", "")})
    hand.said += ["Saving system configuration", "Configuration backup saved"]


def load_backup(box, hand, statement):
    """The old state, by way of a restart."""
    hand.may("write", "policy", "reboot")
    given = Given(hand, statement)
    name = given.pop("name") or given.pop("file-name") or (shown(given.alone[0]) if given.alone else "")
    file = box.files.get(name.removesuffix(".backup") + ".backup")
    if file is None:
        raise Failure("can not open backup file" if box.schema.major < 7 else "failure: no such file")
    if "password" not in given.fields and not hand.interactive:
        raise Failure("missing value(s) of argument(s) password")
    if given.fields.get("password", "") != file["content"]["password"]:
        raise Failure("wrong password")

    def go():
        box.restore(file["content"]["tables"])
        box.restart()
        raise Closed("Restoring system configuration\nSystem configuration restored, rebooting now\n")

    hand.ask("Restore and reboot? [y/N]: ", go)


def reboot(box, hand, statement):
    hand.may("reboot")

    def go():
        box.restart()
        raise Closed("system will reboot shortly\n")

    hand.ask("Reboot, yes? [y/N]: ", go)


def import_file(box, hand, statement):
    """Line by line, as far as it goes: what came before a mistake stays."""
    given = Given(hand, statement)
    name = given.pop("file-name") or (shown(given.alone[0]) if given.alone else "")
    file = box.files.get(name) or box.files.get(name + ".rsc")
    if file is None:
        hand.said.append("Cannot open import file, file does not exist" + (" (:import; line 1)" if box.schema.major >= 7 else ""))
        return
    dry = given.fields.get("dry-run") == "yes" or "dry-run" in given.words
    if dry and not (given.fields.get("verbose") == "yes" or "verbose" in given.words):
        raise Failure("dry-run is available only in verbose mode")
    menu, hand.menu = hand.menu, ()
    reader = Reader(str(file["content"]).replace("\r\n", "\n"), box.schema)
    try:
        for one in statements(reader):
            if not dry:
                hand.step(one)
        hand.said.append("Script file loaded and executed successfully")
    except (Misread, Failure) as wrong:
        hand.said.append(f"Script Error: {wrong}" if box.schema.major >= 7 else str(wrong))
    finally:
        hand.menu = menu


def statements(reader):
    """One statement after the other, each read when the one before has been done."""
    while True:
        reader.blanks(lines=True)
        if reader.take(";"):
            continue
        if reader.peek() == "#":
            reader.at = (reader.text.find("\n", reader.at) + 1) or len(reader.text)
        elif reader.peek():
            yield reader.statement()
        else:
            return


def add_file(box, hand, statement):
    hand.may("write", "ftp")
    if box.schema.major < 7:
        raise Failure("failure: not supported")
    given = Given(hand, statement)
    name = given.fields.get("name", "")
    if name in box.files:
        raise Failure("failure: file already exists")
    if len(given.fields.get("contents", "").encode()) > 61_440:  # about 60 KiB: measured by others
        raise Failure("failure: contents too long")
    box.keep_file(name, given.fields.get("contents", ""))


def change_file(box, hand, statement):
    hand.may("write", "ftp")
    given = Given(hand, statement)
    for value in given.alone:
        for item in box.pick(("file",), value):
            box.keep_file(item.fields["name"], given.fields.get("contents", ""))


def remove_file(box, hand, statement):
    hand.may("write", "ftp")
    for value in Given(hand, statement).alone:
        for item in box.pick(("file",), value):
            box.files.pop(item.fields["name"], None)


def add_key(box, hand, statement):
    """``/user ssh-keys add``, of version 7: the key as a text."""
    hand.may("write", "policy")
    given = Given(hand, statement)
    if box.schema.major < 7:
        raise Failure("failure: not supported")
    keep_key(box, given.fields.get("user", hand.user), given.fields.get("key", ""))


def import_key(box, hand, statement):
    hand.may("write", "policy", "ftp")
    given = Given(hand, statement)
    file = box.files.pop(given.fields.get("public-key-file", ""), None)
    if file is None:
        raise Failure("input does not match any value of public-key-file")
    keep_key(box, given.fields.get("user", hand.user), str(file["content"]))


def keep_key(box, user, text):
    kind, _, rest = text.strip().partition(" ")
    blob, _, owner = rest.partition(" ")
    if kind not in KEY_TYPES or (box.schema.major < 7 and kind != "ssh-rsa"):
        raise Failure("unable to load key file (wrong format or bad passphrase)!")
    fingerprint = base64.b64encode(hashlib.sha256(base64.b64decode(blob)).digest()).decode().rstrip("=")
    item = box.add(("user", "ssh-keys"), {"user": user})
    bits = {"ssh-rsa": "2048", "ssh-ed25519": "256"}[kind]
    # Newer ones call the key's remark info; from which version on is unproven.
    remark = "info" if tuple(map(int, box.version.split(".")[:2])) >= (7, 20) else "key-owner"
    item.fields |= {
        remark: owner,
        "bits": bits,
        "key-type": kind.removeprefix("ssh-"),
        "fingerprint": f"SHA256:{fingerprint}",
        "key": blob,
    }


def log_line(box, hand, statement):
    box.log(f"script,{statement.verb}", shown(Given(hand, statement).alone[0]))


def quit_session(box, hand, statement):
    raise Closed("interrupted\n")


def safe_mode(box, hand, statement):
    """The scripted form, of 7.18 and later."""
    if hand.session is None:
        raise Failure("failure: safe mode is for sessions")
    hand.said.append(hand.session.safe(statement.verb))


def device_mode(box, hand, statement):
    hand.said.append("update: please activate by turning power off or pressing reset or mode button in 5m00s")


def print_history(box, hand, statement):
    """Each action with U, or F while it would be undone with somebody's safe mode."""
    hand.may("read")
    legend = "U - undoable, R - redoable, F - floating-undo"
    rows = [[flag, action, by, policy, f"{at:%Y-%m-%d %H:%M:%S}"] for flag, action, by, policy, at in reversed(box.history)]
    head = ["", "ACTION", "BY", "POLICY", *(["TIME"] if box.schema.major >= 7 else [])]
    rows = [row[: len(head)] for row in rows]
    if box.schema.major >= 7:
        legend = ", ".join({"U": "U - UNDOABLE", "F": "F - FLOATING-UNDO"}[flag] for flag in "UF" if any(row[0] == flag for row in rows))
        hand.said += [f"Flags: {legend}", f"Columns: {', '.join(head[1:])}"] if rows else []
    else:
        hand.said.append(f"Flags: {legend} ")
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    hand.said += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in ([head, *rows] if rows else [])]


SPECIAL = {
    ("system script", "run"): run_script,
    ("system backup", "save"): save_backup,
    ("system backup", "load"): load_backup,
    ("system", "reboot"): reboot,
    ("system", "shutdown"): reboot,
    ("", "import"): import_file,
    ("", "quit"): quit_session,
    ("file", "add"): add_file,
    ("file", "set"): change_file,
    ("file", "remove"): remove_file,
    ("user ssh-keys", "add"): add_key,
    ("user ssh-keys", "import"): import_key,
    ("system history", "print"): print_history,
    ("system device-mode", "update"): device_mode,
    ("safe-mode", "take"): safe_mode,
    ("safe-mode", "release"): safe_mode,
    ("safe-mode", "unroll"): safe_mode,
    **{("log", verb): log_line for verb in ("info", "warning", "error", "debug")},
}


def command(box, hand, statement):
    """Any command of any menu."""
    special = SPECIAL.get((" ".join(statement.path), statement.verb))
    if special:
        return special(box, hand, statement)
    if statement.verb in ("undo", "redo", "ping", "beep", "reset-configuration"):
        raise Failure("this command isn't emulated")
    return usual(box, hand, statement)

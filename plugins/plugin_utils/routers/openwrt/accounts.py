"""Logins of ours. OpenWrt has one user, root; ours is a second name for it, so that its key and its log are its own."""

from __future__ import annotations

from ..platform import Command
from ..state import Secret
from .running import KEYS, PASSWD, SHADOW
from .shell import asked, plain
from .uci import quoted


def add_account(name: str, password: Secret | None) -> list[Command]:
    """Make an account that is root by another name, closed for passwords until it gets one."""
    lines = {PASSWD: f"{name}:x:0:0:{name}:/root:/bin/ash", SHADOW: f"{name}:!:0:0:99999:7:::"}
    made = [plain(f"grep -q '^{name}:' {path} || echo {quoted(line)} >> {path}", f"add {name} to {path}") for path, line in lines.items()]
    if password is None:
        return made
    line = f"""IFS= read -r s && echo && printf '%s\\n%s\\n' "$s" "$s" | passwd {name} >/dev/null"""
    return [*made, asked(line, f"passwd {name} {password}", password)]


def remove_account(name: str) -> Command:
    """Forget an account of ours."""
    return plain(f"sed -i '/^{name}:/d' {PASSWD} {SHADOW}", f"remove {name} from {PASSWD} and {SHADOW}")


def add_login(line: str) -> Command:
    """Let a key log in; those that are there stay."""
    folder = KEYS.rpartition("/")[0]
    text = (
        f"mkdir -p {folder} && touch {KEYS} && chmod 600 {KEYS} && {{ grep -qxF {quoted(line)} {KEYS} || echo {quoted(line)} >> {KEYS}; }}"
    )
    return plain(text, f"add {line} to {KEYS}")


def remove_login(line: str) -> Command:
    """Take one key of ours away."""
    text = f"{{ grep -vxF {quoted(line)} {KEYS} > {KEYS}.new || true; }} && chmod 600 {KEYS}.new && mv {KEYS}.new {KEYS}"
    return plain(text, f"remove {line} from {KEYS}")

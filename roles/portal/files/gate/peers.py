"""Which of the people's own devices may dial in now; motcua-devices, which has the right to, makes them the tunnel's peers."""

import json
from pathlib import Path


def allowed(devices, accounts, rights, now_s):
    """[{public_key, address}] of the devices whose account isn't disabled and whose viewer has rights at this moment."""
    return [
        {"public_key": one["public_key"], "address": one["address"]} for one in devices if _may(accounts.get(one["account"]), rights, now_s)
    ]


def write(path, peers):
    """Replace the file when it says anything else, because motcua-devices starts at each writing."""
    path, text = Path(path), json.dumps(peers) + "\n"
    try:
        if path.read_text(encoding="ascii") == text:
            return
    except FileNotFoundError:
        if not peers:
            return
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="ascii")
    draft.replace(path)


def _may(account, rights, now_s):
    viewer = None if account is None or account.disabled else rights.viewers.get(account.viewer)
    return viewer is not None and viewer.holds(now_s)

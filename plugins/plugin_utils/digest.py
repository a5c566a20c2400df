"""Logins by digest (RFC 7616) for HTTP and RTSP. Nothing but the standard library: a site's router runs it too."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

# Compiled when the controller starts: every task's fork would have to do it anew.
DIGEST = re.compile(r"digest\s+(.*)", re.IGNORECASE | re.DOTALL)
BASIC = re.compile(r"\bbasic\b", re.IGNORECASE)
PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^",\s]+))')
STALE = re.compile(r'stale\s*=\s*"?true', re.IGNORECASE)


@dataclass
class Challenge:
    """What a device wants to be answered: ``scheme`` is ``digest`` or ``basic``; ``uses`` counts the answers to its nonce."""

    scheme: str
    values: dict[str, str]
    uses: int = 0


def challenge(header: str) -> Challenge | None:
    """The strongest scheme of a ``WWW-Authenticate`` header: digest before Basic (RFC 7616 section 3.7); None when there is neither."""
    digest = DIGEST.search(header)
    if digest:
        values = {key.lower(): quoted or plain for key, quoted, plain in PAIR.findall(digest.group(1))}
        return Challenge("digest", values)
    return Challenge("basic", {}) if BASIC.search(header) else None


def response(asked: Challenge, user: str, password: str, method: str, target: str) -> str:
    """The ``Authorization`` header that answers a digest challenge (RFC 7616 section 3.4), with MD5, which cameras speak, or SHA-256.

    :raises ValueError: for another algorithm.
    """
    values = asked.values
    algorithm = (values.get("algorithm") or "MD5").upper()
    if algorithm not in ("MD5", "SHA-256"):
        raise ValueError(f"the device asks for digest {algorithm}, which is not known here")

    def hashed(*parts: str) -> str:
        return hashlib.new("md5" if algorithm == "MD5" else "sha256", ":".join(parts).encode(), usedforsecurity=False).hexdigest()

    asked.uses += 1
    realm, nonce = values.get("realm", ""), values.get("nonce", "")
    first, second = hashed(user, realm, password), hashed(method, target)
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": target}
    plain = {"algorithm": algorithm}
    if "qop" in values:
        count, client = f"{asked.uses:08x}", secrets.token_hex(8)
        plain.update({"qop": "auth", "nc": count})
        fields.update({"cnonce": client, "response": hashed(first, nonce, count, client, "auth", second)})
    else:
        fields["response"] = hashed(first, nonce, second)
    if values.get("opaque"):
        fields["opaque"] = values["opaque"]
    return "Digest " + ", ".join(
        [*(f'{key}="{value}"' for key, value in fields.items()), *(f"{key}={value}" for key, value in plain.items())]
    )

"""The second factor: RFC 6238 with SHA-1, six digits and thirty seconds, which is what every telephone's program knows."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
ISSUER = "motcua"


def new_secret():
    """A secret of 160 bits, in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret, step):
    """The code of one step of thirty seconds since 1970."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def step_of(secret, code, now_s):
    """The step that a code belongs to, this one or one beside it; None when it belongs to none of them. Takes as long for any code."""
    this, found = int(now_s) // STEP_SECONDS, None
    for step in (this - 1, this, this + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def address(secret, account):
    """What the QR code of an enrolment says."""
    return f"otpauth://totp/{ISSUER}:{quote(account)}?{urlencode({'secret': secret, 'issuer': ISSUER})}"

"""How a Hikvision device that is new gets its first password (the older of two ways; the newer one's form is not public).

Coded by others against real devices: the device answers our RSA key with a random text, which is then the AES key of the password.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..errors import Garbled

KEY_BITS, BLOCK_BYTES = 1024, 16


class Challenge:
    """One activation's key pair."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)

    @property
    def modulus(self) -> str:
        """Base64 of the modulus in hexadecimal."""
        return base64.b64encode(f"{self._key.public_key().public_numbers().n:0{KEY_BITS // 4}x}".encode()).decode()

    def sealed(self, challenge: str, password: str) -> str:
        """The password as the device takes it: AES-ECB of half of the random text, then of the password, in hexadecimal, in base64.

        :raises Garbled: when the challenge is none.
        """
        try:
            random = self._key.decrypt(bytes.fromhex(base64.b64decode(challenge).decode("ascii")), padding.PKCS1v15()).decode("ascii")
            cipher = Cipher(algorithms.AES(bytes.fromhex(random)), modes.ECB())  # noqa: S305  as above
        except (ValueError, UnicodeDecodeError, binascii.Error) as error:
            raise Garbled(f"answers a challenge that can't be understood ({error})") from None
        parts = (random[:BLOCK_BYTES].encode(), password.encode())
        both = b""
        for part in parts:
            encryptor = cipher.encryptor()
            both += encryptor.update(part.ljust(-(-len(part) // BLOCK_BYTES) * BLOCK_BYTES, b"\0")) + encryptor.finalize()
        return base64.b64encode(both.hex().encode()).decode()

"""What a web server of ours shows, and what others must trust to believe it, as texts in PEM for the machines that they go to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..errors import ModelError
from .authority import pem
from .issuing import bundle
from .store import Store
from .vouching import Trusted

BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)


def is_due(trusted: Trusted, shown: str, host: str, now: datetime, renew_days: int) -> bool:
    """Whether what a server shows is to be replaced; ``shown`` is its file, of which the first certificate is its own."""
    return trusted.due(_first(shown).public_bytes(Encoding.DER), host, now, renew_days)


def unsigned(shown: str) -> dict[str, Any]:
    """Where the province has no authority: what is shown is what is to be trusted."""
    return {"certificate": _text(shown), "trust": _text(shown), "published": []}


def shown_already(store: Store, shown: str) -> dict[str, Any]:
    """What is shown stays."""
    return {"certificate": _text(shown), "trust": _text(shown) + _above(store, shown), "published": published(store)}


def newly_signed(store: Store, signed: x509.Certificate, shown: str, now: datetime) -> dict[str, Any]:
    """What is to be shown from now on. Who was told to trust what was shown until now trusts both, until the next run."""
    authority, root = store.chain(now)
    chain, foreign = bundle(signed, (authority,)).decode(), store.trusted().judge(_der(shown), "", now).standing == "foreign"
    old = BLOCK.findall(shown)[0].rstrip() + "\n" if foreign else ""
    return {"certificate": chain, "trust": f"{chain}{pem(root).decode()}{old}", "published": published(store)}


def published(store: Store) -> list[dict[str, str]]:
    """What everybody may fetch: the root, and the lists of revoked certificates."""
    root = {"name": "root.pem", "content": pem(store.root()).decode()}
    lists = {one.number: store.last_list(one.number) for one in store.authorities()}
    return [root, *({"name": f"{number}.crl.pem", "content": pem(made).decode()} for number, made in lists.items() if made is not None)]


def _above(store: Store, shown: str) -> str:
    """The root, where it stands above what is shown."""
    foreign = not any(pem(authority).decode() in _text(shown) for authority in store.trusted().authorities)
    return "" if foreign else pem(store.root()).decode()


def _first(shown: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(shown.encode())
    except ValueError as error:
        raise ModelError(f"shown: is no certificate in PEM ({error}); look at the file that the web server shows") from None


def _der(shown: str) -> bytes:
    return _first(shown).public_bytes(Encoding.DER)


def _text(shown: str) -> str:
    return shown.rstrip() + "\n"

"""The province's own public key infrastructure: an offline root, an issuing authority at the controller, and what they signed.

``authority`` makes and signs authorities, ``issuing`` certificates of devices, ``revocation`` lists of revoked ones, ``store`` keeps all
of it in a folder beside the inventory, and ``vouching`` says of a certificate that somebody shows whether it is ours.
"""

from __future__ import annotations

from ipaddress import IPv4Network as Network

from .authority import Named, fingerprint, pem, request_authority, root_authority, sign_authority
from .issuing import SHORT_DAYS, Wanted, bundle, issue, request_for
from .revocation import REASONS, Revoked, revocation_list
from .serving import is_due, newly_signed, shown_already, unsigned
from .store import BY_BUNDLE, BY_REQUEST, Authority, Issued, Store, key_from
from .vouching import Trusted, Verdict
from .writing import write

__all__ = [
    "BY_BUNDLE", "BY_REQUEST", "REASONS", "SHORT_DAYS", "Authority", "Issued", "Named", "Network", "Revoked", "Store", "Trusted",
    "Verdict", "Wanted", "bundle", "fingerprint", "is_due", "issue", "key_from", "newly_signed", "pem", "request_authority",
    "request_for", "revocation_list", "root_authority", "shown_already", "sign_authority", "unsigned", "write",
]  # fmt: skip

"""A record that the controller made, signed with the key that signs footage: a manifest of its files' hashes, and its signature."""

import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from .export import MANIFEST, SIGNATURE, moment, sign

KIND = "acceptance"  # stands in what is signed: no such signature can be passed off as that of an export
HASH = re.compile("[0-9a-f]{64}")
NAME = re.compile(r"[\w][\w.-]{0,80}")


def seal(site, files, key, who, reason):
    """The manifest as text, and its signature in bytes. ``files`` is JSON: the hash (SHA-256, hex) of each file by its name.

    :raises ValueError: when they are no such hashes. :raises subprocess.CalledProcessError: when openssl fails.
    """
    hashes = json.loads(files)
    if (
        not isinstance(hashes, dict)
        or not hashes
        or not all(NAME.fullmatch(name) and HASH.fullmatch(str(one)) for name, one in hashes.items())
    ):
        raise ValueError("files: are no names with SHA-256 hashes; nothing was sealed")
    manifest = {"kind": KIND, "site": site, "made": moment(datetime.now(UTC).timestamp()), "who": who, "reason": reason, "files": hashes}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    with tempfile.TemporaryDirectory(prefix="motcua-seal-") as scratch:
        document, signature = Path(scratch) / MANIFEST, Path(scratch) / SIGNATURE
        document.write_text(text, encoding="utf-8")
        sign(document, key, signature)
        return text, signature.read_bytes()

"""A Debian package from a payload, built by ``dpkg-deb`` without any network; the same payload gives the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...errors import MotcuaError
from .linux import PASSWORD, Payload

TIMEOUT_SECONDS = 60


def build(payload: Payload, control: str) -> bytes | None:
    """The package; None where this machine has no dpkg-deb.

    :raises MotcuaError: when dpkg-deb fails; the payload's secrets are in no message.
    """
    program = shutil.which("dpkg-deb")
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="motcua-package-") as scratch:
        tree, made = Path(scratch, "tree"), Path(scratch, "made.deb")
        _write(tree / "DEBIAN/control", control, 0o644)
        _write(tree / "DEBIAN/postinst", f'#!/bin/sh\nset -eu\n[ "$1" = configure ] || exit 0\n{payload.program}', 0o755)
        # The rollout writes these files too; without this an upgrade of the package would take their place.
        _write(tree / "DEBIAN/conffiles", "".join(f"{path}\n" for path in payload.files if path != PASSWORD), 0o644)
        for path, (mode, text) in payload.files.items():
            _write(tree / path.lstrip("/"), text, mode)
        command = [program, "--root-owner-group", "-Zxz", "--build", str(tree), str(made)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS, env={**os.environ, "SOURCE_DATE_EPOCH": "0"}
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MotcuaError(f"dpkg-deb: made no package ({type(error).__name__}); use the shell script instead") from None
        if done.returncode:
            raise MotcuaError(f"dpkg-deb: made no package ({done.stderr.strip().splitlines()[-1:]}); use the shell script instead")
        return made.read_bytes()


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)

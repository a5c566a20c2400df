"""DOCX -> PDF with LibreOffice, where there is one: many files in one call, in a profile of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError

TIMEOUT_S_PER_FILE, TIMEOUT_S = 20, 120
PROCESSES = 2


def office() -> str | None:
    """LibreOffice's program, or None where there is none."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def convert(program: str, files: Sequence[Path]) -> None:
    """Write a PDF beside each file, in as many processes as a small server has cores.

    :raises MotcuaError: when LibreOffice fails or leaves a file out.
    """
    with tempfile.TemporaryDirectory(prefix="motcua-office-") as scratch, ThreadPoolExecutor(PROCESSES) as pool:
        shares = [share for share in _shares(files) if share]
        for done in [pool.submit(_convert, program, share, Path(scratch) / str(index)) for index, share in enumerate(shares)]:
            done.result()


def _shares(files: Sequence[Path]) -> list[list[Path]]:
    """The files in shares of about the same size, which is about the same work."""
    shares: list[list[Path]] = [[] for _ in range(PROCESSES)]
    sizes = [0] * PROCESSES
    for file in sorted(files, key=lambda file: (-file.stat().st_size, file)):
        least = sizes.index(min(sizes))
        shares[least].append(file)
        sizes[least] += file.stat().st_size
    return shares


def _convert(program: str, files: Sequence[Path], scratch: Path) -> None:
    scratch.mkdir()
    named, out = _distinct(files, scratch / "in"), scratch / "out"
    command = [program, f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
    command += ["--outdir", str(out), *map(str, named)]
    try:
        limit = TIMEOUT_S + TIMEOUT_S_PER_FILE * len(files)
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=limit)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MotcuaError(f"{program}: made no PDF ({error.__class__.__name__}); call again with --pdf none") from None
    for copy, file in named.items():
        made = out / f"{copy.stem}.pdf"
        if not made.exists():
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
            raise MotcuaError(f"{program}: made no PDF of {file.name} ({said}); call again with --pdf none")
        shutil.move(made, file.with_suffix(".pdf"))


def _distinct(files: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Links with names of their own: LibreOffice puts all PDFs into one folder, and every dossier is called dossier."""
    folder.mkdir()
    named = {folder / f"{index:05}.docx": file for index, file in enumerate(files)}
    for link, file in named.items():
        link.symlink_to(file.resolve())
    return named

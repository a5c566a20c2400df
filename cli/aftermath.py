"""What follows when a device came or left: the rollout of its site and of the centres, verification, audit, and the site's documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.plan import write_documents
from cli.player import last_words, play_holding
from cli.verify import run_cases
from documents.speech import Speech
from documents.subject import Subject

WELL, COULD_NOT_TELL, NOT_WELL = 0, 1, 2


@dataclass(frozen=True)
class Aftermath:
    """Of one site; ``held`` are its locks, which every playbook keeps."""

    inventory: Path
    site: str
    held: tuple[int, ...]
    output: Path

    def of(self, host: str | None) -> int:
        """Roll out, verify, audit and write documents; how the host is then, and for None how the centres are: 0, 1 or 2 as of `audit`."""
        found = [*self._rolled_out()]
        found += self._verified()
        found += self._audited()
        self._documented()
        mine = [one for one in found if one.status in ("fail", "error") and host in (None, one.device)]
        others = {one.device for one in found if one.status in ("fail", "error")} - {one.device for one in mine}
        for one in dict.fromkeys((one.device, one.check, str(one.actual)) for one in mine):
            typer.echo(f"  {one[0]}: {one[1]}: {one[2]}", err=True)
        if others:
            typer.echo(f"Besides, not all is well at {', '.join(sorted(others))}; 'motcua audit' says what.")
        return NOT_WELL if any(one.status == "fail" for one in mine) else COULD_NOT_TELL if mine else WELL

    @property
    def _limit(self) -> str:
        """The site where it is still there, and every centre."""
        province = load(self.inventory)
        hosts = desired(province, plan(province))
        return ",".join(host.name for host in hosts if host.site in (None, self.site))

    def _rolled_out(self) -> tuple[Finding, ...]:
        typer.echo(f"Rolling out {self.site} and the centres …")
        # What it says to differ it has just put right; whether that holds is for verification and audit to see.
        return tuple(one for one in self._played("rollout") if one.status == "error")

    def _verified(self) -> tuple[Finding, ...]:
        typer.echo("Verifying …")
        folder = self._folder("verify")
        with (folder / "log").open("w", encoding="utf-8") as log:
            _, file = run_cases(self.inventory, self._limit, folder, log)
        if not file.exists():
            raise MotcuaError(f"nothing could be verified: {last_words(folder / 'log')}; run the same command again")
        return from_json(file.read_text(encoding="utf-8"))

    def _audited(self) -> tuple[Finding, ...]:
        typer.echo("Auditing …")
        return self._played("audit", "--check")

    def _played(self, name: str, *options: str) -> tuple[Finding, ...]:
        """A playbook's findings.

        :raises MotcuaError: when it ended before there were any.
        """
        folder = self._folder(name)
        heard, log = folder / "findings.json", folder / "playbook.log"
        heard.unlink(missing_ok=True)
        ended = play_holding(self.held, name, self.inventory, heard, log, self._limit, *options)
        if not heard.exists():
            raise MotcuaError(f"playbooks/{name}.yml ended with {ended}: {last_words(log)}; run the same command again")
        return from_json(heard.read_text(encoding="utf-8"))

    def _documented(self) -> None:
        """The site's own dossier, and the lists of the province."""
        province = load(self.inventory)
        sites = (self.site,) if self.site in province.sites else ()
        folder, remarks = write_documents(
            Subject(province, plan(province), Speech("vi")), self.inventory.parent, self.output / "plan", sites, "none"
        )
        for remark in remarks:
            typer.echo(remark)
        typer.echo(f"Documents: {folder / 'index.html'}")

    def _folder(self, name: str) -> Path:
        folder = self.output / "exchanges" / self.site / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

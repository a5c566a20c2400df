"""A site's router is replaced: new keys at both hubs, a bootstrap for the new one, and the site rolled out when that has been loaded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

from cli.admission import Admission
from cli.aftermath import COULD_NOT_TELL, WELL, Aftermath
from cli.exchanges import Begun, Exchanges
from cli.locks import operator
from cli.player import last_words, play_holding
from intake.editing.edit import Edit

OWN = ("model", "serial", "mac", "firmware", "build", "bought_year", "condition", "conformity", "reuse", "old_ssh", "ssh_port")


@dataclass(frozen=True)
class RouterJob:
    """One exchange of a router; ``interfaces`` are the new one's names of the old one's ports."""

    inventory: Path
    province: Province
    site: str
    exchanges: Exchanges
    held: tuple[int, ...]
    said: Mapping[str, Any]
    interfaces: Mapping[str, str]

    @property
    def host(self) -> str:
        """The inventory's name of it."""
        return device_host(self.site, "router")

    question: ClassVar[str] = "Is the new router at hand, may the site be cut off until it is in, and is this to be done?"

    def look(self) -> None:
        """Nothing can be seen of it before it has its bootstrap."""
        typer.echo("Only a look: nothing was changed.")

    def shown(self) -> Iterator[str]:
        """The change of the inventory and what follows from it."""
        router = self.province.sites[self.site].router
        edit = self._edit()
        edit.check()
        yield f"{self.host}: {router.platform} {router.model or '?'} -> {self.said['vendor']} {self.said['model']}"
        yield "  at once   its keys and passwords are never valid again, and both hubs wait for new ones: the site is cut off until the new"
        yield "            router has its bootstrap; cameras and footage keep their names and addresses"
        yield f"\n{edit.diff()}"

    def begin(self, begun: Begun | None) -> Begun:
        """Write down what is wanted."""
        if begun is not None:
            return begun
        router = self.province.sites[self.site].router
        old = {"vendor": router.platform, "model": router.model, "serial": router.serial}
        when = datetime.now(ZoneInfo(self.province.timezone)).isoformat(timespec="seconds")
        return self.exchanges.begin(Begun(self.host, dict(self.said), operator(), when, old))

    def carry_out(self, begun: Begun, output: Path) -> int:
        """Every step that isn't done yet; the exit code."""
        if not begun.taken:
            self._declare()
            self._new_keys(output)
            self._stage()
            self.exchanges.begin(replace(begun, taken=True))
            typer.echo(f"Load {self.bootstrap} into the new router (docs/staging.md), then run 'motcua replace {self.host}' again.")
            return COULD_NOT_TELL
        verdict = Aftermath(self.inventory, self.site, self.held, output).of(self.host)
        if verdict == WELL:
            self.exchanges.end(begun, "replaced")
            typer.echo(f"{self.host}: is replaced.")
        return verdict

    @property
    def bootstrap(self) -> Path:
        """Where playbooks/stage.yml leaves it."""
        return self.inventory.resolve().parent / "staging" / self.site

    def _declare(self) -> None:
        edit = self._edit()
        if edit.diff():
            edit.check()
            typer.echo("Declared: " + ", ".join(str(path) for path in edit.write()))

    def _new_keys(self, output: Path) -> None:
        """Both hubs take the site with keys that the old router never had, and no host key is waited for."""
        admission = Admission(self.inventory, self.site, "its router is replaced", output / "admissions")
        admission.burn()
        admission.told("taken its new keys")
        known = self.inventory.resolve().parent / self.province.ssh.known_hosts
        if known.exists():
            subprocess.run(["ssh-keygen", "-q", "-R", self.host, "-f", str(known)], check=False, capture_output=True)

    def _stage(self) -> None:
        folder = self.exchanges.folder
        log, heard = folder / "playbook.log", folder / "findings.json"
        ended = play_holding(self.held, "stage", self.inventory, heard, log, self.host)
        if ended:
            raise MotcuaError(f"{self.host}: its bootstrap couldn't be made ({last_words(log)}); run the same command again")

    def _edit(self) -> Edit:
        edit, router = Edit(self.inventory), self.province.sites[self.site].router
        raw = edit.site(self.site)
        new = {"platform": self.said["vendor"], "model": self.said["model"], "serial": self.said["serial"]}
        if all(getattr(router, key) == value for key, value in new.items()):
            return edit  # a run that died after it was written
        edit.merge(self.site, {"router": dict.fromkeys(OWN)})
        edit.merge(self.site, {"router": {key: value for key, value in new.items() if value is not None} | self._ports()})
        lines = {key: {"interface": self._named(line.interface)} for key, line in self.province.sites[self.site].lines.items()}
        edit.merge(self.site, {"lines": lines})
        gone = {"device": "router", "kind": "router", "vendor": router.platform, "model": router.model, "serial": router.serial}
        row = {key: value for key, value in gone.items() if value} | {"left": self._today, "because": "replaced"}
        edit.merge(self.site, {"former": [*(dict(one) for one in raw.get("former") or ()), row]})
        return edit

    @property
    def _today(self) -> date:
        return datetime.now(ZoneInfo(self.province.timezone)).date()

    def _ports(self) -> dict[str, Any]:
        router = self.province.sites[self.site].router
        found: dict[str, Any] = {"lan_interface": self._named(router.lan_interface)}
        for key in ("office_ports", "camera_ports"):
            ports = [self._named(port) for port in getattr(router, key)]
            found |= {key: ports} if ports else {}
        return found

    def _named(self, port: str) -> str:
        return self.interfaces.get(port, port)


def renamed(given: list[str]) -> dict[str, str]:
    """``OLD=NEW`` of ``--interface``.

    :raises ModelError: when one isn't that.
    """
    found = {}
    for one in given:
        old, sign, new = one.partition("=")
        if not (old and sign and new):
            raise ModelError(f"--interface {one}: is not OLD=NEW; write it like wan=ether1")
        found[old] = new
    return found

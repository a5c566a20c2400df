"""Where an exchange of a device stands: a folder beside the province's state, written down before each step is taken.

``exchange.json`` says what was wanted and by whom, ``proof.json`` what the new device said when it had let us in at its place; its secrets'
journal and its pin lie beside them until they become the province's. A device that has left keeps its own in ``former/``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange import Proof
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange.newcomer import REFUSED
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange.one import PROOF
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal

from cli.folders import write_whole

FILE, LOG = "exchange.json", "exchanges.jsonl"
KEPT = ("epochs", "pins")


@dataclass(frozen=True)
class Begun:
    """An exchange as it was begun; ``old`` is what the inventory said of the old device, ``taken`` that the province knows the new one."""

    device: str
    said: Mapping[str, Any]
    who: str
    when: str
    old: Mapping[str, Any] = field(default_factory=dict)
    taken: bool = False


class Exchanges:
    """The exchange of one device."""

    def __init__(self, inventory: Path, device: str) -> None:
        self.state = inventory.resolve().parent / "state"
        self.device, self.folder = device, self.state / "exchanges" / device

    def begun(self) -> Begun | None:
        """What was begun and hasn't ended.

        :raises MotcuaError: when the file can't be read.
        """
        path = self.folder / FILE
        try:
            return Begun(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise MotcuaError(f"{path}: can't be read ({error}); restore it, or remove its folder to begin anew") from None

    def begin(self, begun: Begun) -> Begun:
        """Write down what is wanted, before anything is sent."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise MotcuaError(f"{self.folder}: can't be written ({error.strerror}); make room, or give the right to write there") from None
        write_whole(self.folder / FILE, json.dumps(asdict(begun), ensure_ascii=False, indent=1) + "\n")
        return begun

    @property
    def proof(self) -> Proof | None:
        """What the new device said at its place; None while it isn't there."""
        path = self.folder / PROOF
        try:
            return Proof.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise MotcuaError(f"{path}: can't be read ({error}); remove it, and the new device is looked at again") from None

    def refuse_again(self, *, again: bool) -> None:
        """Nobody logs in a second time after a refusal, unless somebody says that the reason is gone.

        :raises ModelError: while nobody does.
        """
        path = self.folder / REFUSED
        if path.exists() and not again:
            raise ModelError(
                f"{self.device}: {path.read_text(encoding='utf-8').strip()}; when its password is right in the vault, say --again"
            )
        path.unlink(missing_ok=True)

    def take_over(self, begun: Begun) -> Begun:
        """The new device's secrets and its pin become the province's, and the old one's are kept with the devices that have left.

        Each file moves once: a run that dies in between goes on with those that didn't.
        """
        if begun.taken:
            return begun
        self.leave(begun.when)
        for kind in KEPT:
            source, target = (folder / kind / f"{self.device}.json" for folder in (self.folder, self.state))
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)
        return self.begin(replace(begun, taken=True))

    def leave(self, when: str) -> Path:
        """Keep the old device's own, once: where it turns up again, it is known by its key."""
        former = self.state / "former" / f"{self.device}@{when[:10]}"
        for kind in KEPT:
            source, target = (folder / kind / f"{self.device}.json" for folder in (self.state, former))
            if source.exists() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(target, source.read_text(encoding="utf-8"))
        return former

    def end(self, begun: Begun, what: str) -> None:
        """Write into the log what was exchanged for what, and forget the exchange."""
        row = {"device": self.device, "what": what, "who": begun.who, "begun": begun.when, "old": dict(begun.old), "said": dict(begun.said)}
        row["ended"] = datetime.now().astimezone().isoformat(timespec="seconds")
        with (self.state / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        shutil.rmtree(self.folder)

    def give_up(self, begun: Begun) -> None:
        """Forget it; no epoch that the new device may have had is given to another.

        :raises ModelError: when the province knows the new device already.
        """
        if begun.taken:
            raise ModelError(f"{self.device}: the new device has taken the place already; finish with 'motcua replace {self.device}'")
        given = Journal(self.folder / "epochs").read(self.device).used
        journal = Journal(self.state / "epochs")
        if given > journal.read(self.device).used:
            journal.succeed(self.device, given, journal.read(self.device).serial)
        self.end(begun, "given up")

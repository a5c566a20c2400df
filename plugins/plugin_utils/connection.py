"""From an action's options and variables to a Device, and from what happened to plain results without any secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from .accounts import Accounts, Login, Owner
from .apply import Outcome
from .conversation import Device, Recorder
from .dialects import Target
from .diff import Running
from .errors import Locked, ModelError, MotcuaError, Unreachable
from .pki import Store, Trusted
from .redaction import redacted
from .secrets import Journal
from .transport import Credential
from .trust import Trust
from .vault import open_masters, open_vaulted_text
from .vendors import vendor_named
from .vendors.unsuited import recognised

OPTIONS = ("host", "vendor", "user", "password", "scheme", "port", "ca", "channel", "role", "experimental")
DEFAULT_PORTS = {"https": 443, "http": 80}
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # PyYAML may have been built without libyaml
AD_HOC_STATE = Path("~/.local/state/motcua")


def plain(value: Any) -> Any:
    """Ansible's tagged values as Python's own types: tags break typed comparison and YAML."""
    for kind in (str, bool, int, float):  # the many before the few: a mapping is recognised slowly
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, list | tuple):
        return [plain(below) for below in value]
    if isinstance(value, Mapping):
        return {str(key): plain(below) for key, below in value.items()}
    return value


def own(variables: Any) -> dict[str, Any]:
    """What a device's connection is made of, out of all that a host has."""
    return {key: variables[key] for key in variables if key.startswith(("motcua_", "ansible_host"))}


class Rim:
    """One action's connection: its device and the secrets that mustn't leave."""

    def __init__(
        self, name: str, options: Mapping[str, Any], variables: Mapping[str, Any], loader: Any, more: Collection[str] = ("desired",)
    ) -> None:
        """``options`` are the task's, of which ``more`` are its own; whatever isn't given comes from the ``motcua_*`` variables.

        :raises ModelError: when something is missing or contradicts itself.
        """
        self._name, self._variables, self._loader = name, variables, loader
        self._secrets: set[str] = set()
        self._beside: Rim | None = None
        given = {key: value for key, value in options.items() if value is not None}
        unknown = sorted(set(given) - {*OPTIONS, *more, "timeout"})
        if unknown:
            raise ModelError(f"{unknown[0]}: is not an option of this module; 'ansible-doc -t module motcua.cctv.device' lists them")
        self._options = {key: given.get(key, plain(variables.get(f"motcua_{key}"))) for key in OPTIONS}
        self._options["host"] = given.get("host") or plain(variables.get("ansible_host")) or name
        if not given.get("role"):
            behind = variables.get("motcua_recorder") is not None
            self._options["role"] = "channel" if behind else plain(variables.get("motcua_role")) or "camera"
        if not self._options["vendor"]:
            raise ModelError(f"{name}: vendor: is missing; name the device's vendor, or run with the province's inventory")

    def device(self, *, new: bool = False, renew: bool = False) -> Device:
        """The device, with its ways to log in, of which a new one has none; nothing has been sent yet. ``renew``: it is to get new ones."""
        vendor = vendor_named(self._options["vendor"])
        accounts = self._accounts(vendor.factory_user)
        if renew and accounts is not None:
            accounts.demand()
        logins = () if new else accounts.logins() if accounts is not None else self._given()
        self._secrets |= {login.credential.password for login in logins}
        channel = int(self._options["channel"] or 1)
        experimental = self._options["experimental"] in (True, "true", "yes")  # an option ad hoc is text
        recorder = None if new else self._recorder(accounts)
        model = None if self._options["role"] == "channel" else plain(self._variables.get("motcua_model"))
        role, turn = self._options["role"], self.state / "turns" / self.label if "motcua_state" in self._variables else None
        return Device(self._name, vendor, role, channel, self._target, logins, accounts, recorder, experimental, model, turn)

    def _recorder(self, accounts: Accounts | None) -> Recorder | None:
        """The recorder that pulls this camera, where a new password has to be told to it."""
        at = plain(self._variables.get("motcua_recorded_at"))
        if not at or accounts is None or not accounts.renewing:
            return None
        theirs = self._variables["hostvars"][at["host"]]
        variables = own(theirs)
        wish = plain(variables["motcua_desired"])["channels"][at["channel"]]
        self._beside = Rim(at["host"], {}, variables | {"hostvars": self._variables["hostvars"]}, self._loader)
        return Recorder(self._beside.device(), at["channel"], wish)

    def first_password(self, device: Device) -> str:
        """What a new device is to get: a derived one, or the option ``password``."""
        if device.accounts is not None:
            return device.accounts.activate()
        if not self._options["password"]:
            raise ModelError(f"{self._name}: password: is missing; give the first password, or run with the province's inventory")
        self._secrets.add(str(self._options["password"]))
        return str(self._options["password"])

    def _given(self) -> tuple[Login, ...]:
        user, password = self._options["user"], self._options["password"]
        return (Login(Credential(str(user), str(password))),) if user and password else ()

    def _accounts(self, factory_user: str) -> Accounts | None:
        """The derived accounts, when the password is the name of a secret; None when it was given in clear."""
        if not isinstance(self._options["password"], Mapping):
            return None
        masters = open_masters(plain(self._variables["motcua_masters"]), self._loader)
        self._secrets |= {*masters.initial.values()}
        owner = plain(self._variables.get("motcua_recorder")) or self._name
        site, user = plain(self._variables["motcua_site"]), str(self._options["user"])
        return _Remembering(self._secrets, owner, site, user, factory_user, masters, self._journal, self._owner)

    @property
    def _journal(self) -> Journal:
        return Journal(self.state / "epochs")

    def _owner(self, host: str) -> Owner:
        variables = self._variables if host == self._name else self._variables["hostvars"][host]
        return Owner(vendor_named(plain(variables["motcua_vendor"])).password_rule, self._journal.read(host))

    def _target(self, login: Login | None) -> Target:
        scheme = self._options["scheme"] or "https"
        if scheme not in DEFAULT_PORTS:
            raise ModelError(f"{self._name}: scheme: {scheme!r} is not known; write 'https' or 'http'")
        port = int(self._options["port"] or DEFAULT_PORTS[scheme])
        state = Path(plain(self._variables.get("motcua_state")) or AD_HOC_STATE).expanduser()
        trust = Trust(self.label, state / "pins" / f"{self.label}.json", self._options["ca"], self._trusted())
        credential = None
        if login is not None:
            user = vendor_named(self._options["vendor"]).account(login.credential.user)
            credential = Credential(user, login.credential.password)
        return Target(self._name, self._options["host"], port, scheme, trust, credential)

    def _trusted(self) -> Trusted | None:
        """The province's own authority; None where it has none."""
        store = self.store
        return None if store is None or not store.exists else store.trusted()

    @property
    def store(self) -> Store | None:
        """What the province's authority has signed; None without a province around the device."""
        folder = plain(self._variables.get("motcua_pki"))
        return Store(Path(folder)) if folder else None

    def opened(self, path: Path) -> str:
        """The vaulted key of an authority."""
        text = open_vaulted_text(str(path), self._loader, "the issuing authority's key")
        self.keep(text)
        return text

    @property
    def label(self) -> str:
        """The name that the device's key is known by. Ad hoc the play's host is only where the command was typed: then its address."""
        owner = plain(self._variables.get("motcua_recorder")) or self._name
        port = self._options["port"] or DEFAULT_PORTS.get(self._options["scheme"] or "https")
        return str(owner) if "motcua_vendor" in self._variables else f"{self._options['host']}_{port}"

    @property
    def state(self) -> Path:
        """The province's own folder of what is known about the world."""
        return Path(plain(self._variables["motcua_state"]))

    def keep(self, secret: str) -> None:
        """A secret that mustn't leave either."""
        self._secrets.add(secret)

    def warnings(self) -> list[str]:
        """What a finding should be made of, whatever the device's state is."""
        return [] if (self._options["scheme"] or "https") == "https" else ["the device is managed over HTTP without TLS"]

    def failure(self, error: BaseException) -> dict[str, Any]:
        """A failure as a result: one sentence and its kind."""
        if isinstance(error, TimeoutError):
            error = Unreachable(f"{self._name}: wasn't finished within its time; look at the line, or give a larger timeout")
        kind = error.kind if isinstance(error, MotcuaError) else "error"
        result: dict[str, Any] = {"failed": True, "kind": kind, "msg": str(error)}
        if isinstance(error, Locked):
            result["locked_for_s"] = error.locked_for_s
        if isinstance(error, Unreachable):
            result |= {"unreachable": True, "failed": False}
        return result

    def scrubbed(self, result: Any) -> Any:
        """The result as JSON types, with every known secret replaced."""
        if self._beside is not None:
            self._secrets |= self._beside._secrets
        return redacted(result, self._secrets)


def shown(device: Device, running: Running) -> dict[str, Any]:
    """What was read as a result: identity, running, and what couldn't be said or told."""
    kind = recognised(running.values)
    tree: dict[str, Any] = {}
    for key, value in running.values.items():
        *path, last = key.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    identity = {"vendor": device.vendor.name, **tree.pop("identity", {})}
    unsupported = [{"key": key, "reason": reason} for key, reason in sorted(running.unsupported.items())]
    unknown = [{"key": key, "reason": str(error)} for key, error in sorted(running.unknown.items())]
    found = [] if kind is None else [f"it {kind.sentence}"]
    now = {**tree, **running.rows}
    return {"identity": identity, "running": now, "unsupported": unsupported, "unknown": unknown, "findings": found}


def outcome_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as the result of an action on one device."""
    said = {
        "changed": outcome.changed,
        "changes": outcome.changes,
        "unsupported": [{"key": key, "reason": reason} for key, reason in sorted(outcome.unsupported.items())],
        "reboot_required": outcome.reboot_required,
    }
    if outcome.changes:
        said["diff"] = {side: _text(outcome, side) for side in ("before", "after")}
    return said


def _text(outcome: Outcome, side: str) -> str:
    changed = {change["key"]: change[side] for change in outcome.changes}
    return str(yaml.dump(changed, Dumper=DUMPER, allow_unicode=True, sort_keys=True))


class _Remembering(Accounts):
    """Accounts that note each password that they give, so that it can be searched for in what leaves."""

    def __init__(self, secrets: set[str], *arguments: Any) -> None:
        self._given = secrets
        super().__init__(*arguments)

    def password(self, reference: str) -> str:
        """The password, noted."""
        found = super().password(reference)
        self._given.add(found)
        return found

    def activate(self) -> str:
        """The first password, noted."""
        found = super().activate()
        self._given.add(found)
        return found

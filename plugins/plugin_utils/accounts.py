"""Which account to log in with, and which password an account should have: secrets, journal and vendor's rule brought together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ModelError
from .secrets import Epochs, Journal, Masters, device_password
from .settings import PasswordRule
from .transport import Credential

MINIMUM_TRIES_LEFT = 3  # a second login is tried only when a third and a fourth would still be possible


@dataclass(frozen=True)
class Login:
    """One way in. ``factory`` is the account that the device was delivered with."""

    credential: Credential
    factory: bool = False


@dataclass(frozen=True)
class Owner:
    """Whose password a reference names: another device of the site may have another vendor and another epoch."""

    rule: PasswordRule
    epochs: Epochs


class Accounts:
    """The accounts of one managed device."""

    def __init__(
        self, host: str, site: str, user: str, factory_user: str, masters: Masters, journal: Journal, owner: Callable[[str], Owner]
    ) -> None:
        """``owner`` answers for any host of the same site; ``user`` is the account that motcua works with."""
        self._host, self._site, self._user, self._factory = host, site, user, factory_user
        self._masters, self._journal, self._owner = masters, journal, owner
        self.epochs = owner(host).epochs
        self._demanded = False

    @property
    def renewing(self) -> bool:
        """Whether the device isn't known to have its newest passwords, or is to get newer ones, so that they are to be written."""
        return self._demanded or self.epochs.confirmed is None or self.epochs.pending is not None

    def demand(self) -> None:
        """Let the device get new passwords although it is known to have its newest."""
        self._demanded = True

    def logins(self) -> tuple[Login, ...]:
        """At most two ways in, the likelier first.

        :raises ModelError: when the device is new and nobody wrote down the password that its installer left.
        """
        epochs = self.epochs
        known = [epoch for epoch in (epochs.confirmed, epochs.pending) if epoch is not None]
        found = [Login(Credential(self._user, self._derived(self._host, self._user, epoch))) for epoch in known]
        if epochs.confirmed is None:
            first = self.password(self._factory) if epochs.activated else self._initial()
            found = [*([] if epochs.activated else found), Login(Credential(self._factory, first), factory=True)]
        return tuple(reversed(found[:2]) if epochs.turned else found[:2])

    def activate(self) -> str:
        """The first password of the factory account, noted before it is sent."""
        self._journal.activate(self._host)
        return self.password(self._factory)

    def turn(self) -> None:
        """Note that the first way in was refused and the second not tried: the next run begins with that one."""
        self._journal.turn(self._host)

    def working(self) -> Login:
        """The way in with the account that motcua works with, at the epoch that was begun or is known."""
        return Login(Credential(self._user, self.password(self._user)))

    def password(self, reference: str) -> str:
        """The password that ``account`` or ``host/account`` should have."""
        host, _, account = reference.rpartition("/")
        epochs = self._owner(host or self._host).epochs
        return self._derived(host or self._host, account, epochs.newest)

    def proven(self, account: str) -> str | None:
        """The password that logins have proved, None at a device that never had one of ours."""
        confirmed = self._owner(self._host).epochs.confirmed
        return None if confirmed is None else self._derived(self._host, account, confirmed)

    def former(self) -> Login | None:
        """The way in that the last confirmed change has closed; None when there was none, at this device or at all."""
        epochs = self._owner(self._host).epochs
        if epochs.confirmed is None or epochs.confirmed - 1 <= epochs.spent:
            return None
        return Login(Credential(self._user, self._derived(self._host, self._user, epochs.confirmed - 1)))

    def begin(self) -> None:
        """Note, before the first password is written, which epoch is on its way."""
        self._journal.begin(self._host)

    def abandon(self) -> None:
        """Note that the device still has the passwords that it had before; what an earlier run had begun stays begun."""
        if self.epochs.pending is None:
            self._journal.abandon(self._host)

    def confirm(self) -> None:
        """Note that logins proved the new passwords."""
        self._journal.confirm(self._host)

    def _derived(self, host: str, account: str, epoch: int) -> str:
        return device_password(self._masters, self._site, host, account, epoch, self._owner(host).rule)

    def _initial(self) -> str:
        initial: Mapping[str, Any] = self._masters.initial
        # The password of a device that came later is its own: that of the one before it would be a guess.
        key = self._host if self.epochs.serial is None else f"{self._host}/{self.epochs.serial}"
        if key not in initial:
            raise ModelError(
                f"{self._host}: is new and its installer's password is unknown; "
                f"write it under 'initial: {key}:' of the devices master (ansible-vault edit)"
            )
        return str(initial[key])

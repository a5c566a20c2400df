"""Into a router over SSH: the right host key first, then one login, and a sentence for every way in which it can fail."""

from __future__ import annotations

import logging
import shlex
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import paramiko

from ..errors import AuthRefused, ModelError, MotcuaError, PinChanged, Unreachable, Unsupported
from .known_hosts import HOST_KEY_KINDS, KnownHost, Pinned

CONNECT_SECONDS, BANNER_SECONDS, LOGIN_SECONDS = 10.0, 20.0, 30.0
LOG = "motcua.ssh"
# paramiko tells its logger what a refused connection looks like from within; what people need stands in our own sentence.
logging.getLogger(LOG).addHandler(logging.NullHandler())
logging.getLogger(LOG).propagate = False

# What OpenSSH itself no longer offers unasked (its release notes 7.0 to 8.8).
OLD = {
    "kex": ("diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"),
    "keys": ("ssh-rsa",),
    "pubkeys": ("ssh-rsa",),
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "macs": ("hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
}


@dataclass(frozen=True)
class Access:
    """How one router is reached and logged in to: with the private key where there is one that it knows, else with the password.

    ``name`` is what people call it, ``alias`` the name of its host key. ``proxy_command`` is run without a shell, with ``%h`` and ``%p``
    filled in. ``old_ssh`` allows key exchanges that are no longer held safe. ``timeout_seconds`` is how long one answer may take.
    """

    name: str
    host: str
    port: int
    user: str
    known_hosts: Path
    alias: str
    password: str | None = field(default=None, repr=False)
    private_key: Path | None = None
    proxy_command: str | None = None
    old_ssh: bool = False
    timeout_seconds: float = 90.0
    refused: set[str] = field(default_factory=set, repr=False, compare=False)  # in this run, so that it comes last next time

    @property
    def where(self) -> str:
        """The router and its address, for sentences."""
        return f"{self.name} ({self.host}:{self.port})"


@dataclass(frozen=True)
class Login:
    """A logged-in transport; ``close`` also ends what the proxy command started."""

    transport: paramiko.Transport
    close: Callable[[], None]


def log_in(access: Access, user: str) -> Login:
    """Connect, check the host key, and log in with the private key, else with the password, each once.

    A staged router has the password alone until its first rollout; RouterOS then refuses the passwords of whoever has a key. Each way gets
    a connection of its own, because not every server lets a client change its mind.
    ``user`` may carry what a platform's terminal wants behind the name.

    :raises PinChanged: when another key answers than at the first contact; nothing secret was sent.
    :raises AuthRefused: when the login is refused.
    :raises Unreachable: when it doesn't answer.
    """
    ways: dict[str, paramiko.PKey | str] = {}
    if (key := _private_key(access)) is not None:
        ways["the private key"] = key
    if access.password is not None:
        ways["the password"] = access.password
    for means in sorted(ways, key=lambda one: one in access.refused):
        try:
            login = _log_in_with(access, user, ways[means])
        except paramiko.AuthenticationException as error:
            _tell_apart(access, means, error)
        else:
            access.refused.difference_update({means, f"cut at {means}"})
            return login
    if not ways:
        raise ModelError(f"{access.name}: password: is missing; give the private key or the password of {access.user}")
    means = " and ".join(ways)
    raise AuthRefused(f"{access.where}: refuses {access.user} with {means}; nothing is tried again. Look at the account on the router")


def _tell_apart(access: Access, means: str, error: paramiko.AuthenticationException) -> None:
    """A line that dies during a login is called a refused one by paramiko too; dying twice there is a router that closes after a refusal.

    :raises Unreachable: when the line has died.
    """
    cut = f"cut at {means}"
    died = "timeout" in str(error) or ("shut down" in str(error) and cut not in access.refused)
    access.refused.add(cut if died else means)
    if died:
        raise Unreachable(f"{access.where}: breaks off at the login ({error}); check power, line and tunnel") from None


def _log_in_with(access: Access, user: str, secret: paramiko.PKey | str) -> Login:
    known = KnownHost(access.known_hosts, access.alias)
    client = paramiko.SSHClient()
    client.set_log_channel(LOG)
    client.set_missing_host_key_policy(Pinned(known))
    ended = client.close
    try:
        sock, ended = _way(access, client)
        client.connect(
            access.host,
            access.port,
            user,
            secret if isinstance(secret, str) else None,
            None if isinstance(secret, str) else secret,
            timeout=CONNECT_SECONDS,
            banner_timeout=BANNER_SECONDS,
            auth_timeout=LOGIN_SECONDS,
            channel_timeout=LOGIN_SECONDS,
            allow_agent=False,
            look_for_keys=False,
            sock=sock,
            disabled_algorithms=_disabled(access, known),
        )
    except paramiko.AuthenticationException:
        ended()
        raise
    except (MotcuaError, OSError, EOFError, paramiko.SSHException) as error:
        ended()
        raise _failure(access, known, error) from None
    transport = client.get_transport()
    assert transport is not None
    return Login(transport, ended)


def _private_key(access: Access) -> paramiko.PKey | None:
    if access.private_key is None:
        return None
    try:
        return _loaded(access.private_key, access.private_key.stat().st_mtime_ns)
    except FileNotFoundError:
        if access.password is not None:
            return None
        raise ModelError(f"{access.private_key}: the private key of {access.user} is missing; restore it, or give a password") from None
    except (OSError, ValueError, TypeError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        raise ModelError(f"{access.private_key}: can't be used as a private key ({error}); it must be one without a passphrase") from None


@cache
def _loaded(path: Path, _changed_ns: int) -> paramiko.PKey:
    """One key logs in to all routers of a province: it is read once."""
    return paramiko.PKey.from_path(path)


def _way(access: Access, client: paramiko.SSHClient) -> tuple[socket.socket | None, Callable[[], None]]:
    """The socket to speak over, None for a direct one, and what ends it all.

    Not paramiko's ProxyCommand: that one doesn't notice when its program has ended, and turns in circles until a timeout.
    """
    if access.proxy_command is None:
        return None, client.close
    words = [part.replace("%h", access.host).replace("%p", str(access.port)) for part in shlex.split(access.proxy_command)]
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(words, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL)
        except OSError as error:
            ours.close()
            raise ModelError(f"proxy_command: {words[0]} can't be started ({error.strerror}); correct ssh.proxy_command") from None

    def end() -> None:
        client.close()
        ours.close()
        process.terminate()
        process.wait()

    return ours, end


def _disabled(access: Access, known: KnownHost) -> dict[str, list[str]]:
    """What isn't offered: old algorithms unless they are allowed, and kinds of host key that can't be the pinned one."""
    disabled = {} if access.old_ssh else {part: list(names) for part, names in OLD.items()}
    allowed = known.allowed_kinds(HOST_KEY_KINDS)
    disabled["keys"] = [kind for kind in HOST_KEY_KINDS if kind not in allowed or kind in disabled.get("keys", ())]
    return disabled


def _failure(access: Access, known: KnownHost, error: BaseException) -> MotcuaError:
    if isinstance(error, MotcuaError):
        return error
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        if "host key" in str(error) and known.keys():
            return PinChanged(known.complaint("of another kind"))
        return Unsupported(f"{access.where}: {error}; install newer firmware, or allow old_ssh for it if there is none")
    reason = str(error) or type(error).__name__
    return Unreachable(f"{access.where}: doesn't answer over SSH ({reason}); check power, line and tunnel")

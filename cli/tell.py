"""`motcua audit --tell`: mail and webhook to whom the province names, when something changed. Who isn't reached is told next time."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import COULD_NOT_TELL, SECRET
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Email, Province, Webhook
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.message import Audit, Message, of_change, of_failure
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_vaulted_text
from yarl import URL

from cli.history import utc
from cli.survey import loader

ANSWER_S = 20.0
SMTPS_PORT = 465  # TLS from the first byte; every other port begins in clear and changes over
HTTP_REFUSED = 300  # a redirect isn't followed: it would take the token to another host

Receiver = Callable[[Message], None]


def tell(province: Province, inventory: Path, history: Path, run: int, audit: Audit) -> None:
    """Tell each receiver what changed since it was last told; a sentence about each that couldn't be told."""
    for name, send in _receivers(province, inventory).items():
        try:
            with closing(History(history, utc(audit.when))) as kept:
                message = of_change(audit, kept.untold(name, run))
                if message is not None:
                    send(message)
                kept.tell(name, run)
        except MotcuaError as error:
            typer.echo(f"{error}; it will be told with the next audit", err=True)


@contextmanager
def failure_is_told(wished: bool, province: Province, inventory: Path, when: datetime) -> Iterator[None]:
    """Tell also of an audit that ends before it judged anything: silence would be taken for fine."""
    try:
        yield
    except MotcuaError as error:
        if wished:
            message = of_failure(audited(province, when, COULD_NOT_TELL, Path()), str(error))
            for send in _receivers(province, inventory).values():
                try:
                    send(message)
                except MotcuaError as also:
                    typer.echo(str(also), err=True)
        raise


def audited(province: Province, when: datetime, verdict: int, report: Path) -> Audit:
    """What a message says of an audit; the report lies on this machine."""
    local = when.astimezone(ZoneInfo(province.timezone))
    return Audit(province.id, province.name, local, verdict, f"{socket.gethostname()}:{report.resolve()}")


def _receivers(province: Province, inventory: Path) -> Mapping[str, Receiver]:
    told, folder = province.monitoring, inventory.resolve().parent
    found: dict[str, Receiver] = {}
    if told.email is not None:
        found["email"] = _mailer(told.email, folder)
    if told.webhook is not None:
        found["webhook"] = _poster(told.webhook, folder)
    if not found:
        typer.echo(f"{inventory}: monitoring: names neither email nor webhook; nobody is told", err=True)
    return found


def _secret(path: str | None, folder: Path, what: str) -> str | None:
    """What a vaulted file holds.

    :raises ModelError: when it can't be opened, or a login can't carry it: what then fails would show it.
    """
    if path is None:
        return None
    secret = open_vaulted_text(str(folder / path), loader(), what)
    if not secret or not secret.isascii() or not secret.isprintable():
        raise ModelError(f"{folder / path}: isn't one line of ASCII letters, digits and signs, which {what} must be; write it anew")
    return secret


# --- mail -----------------------------------------------------------------------------------------------------------------


def _mailer(email: Email, folder: Path) -> Receiver:
    def send(message: Message) -> None:
        password = _secret(email.password, folder, "the mail server's password")
        try:
            with _connected(email.server) as server:
                if password is not None:
                    server.login(email.user or email.sender, password)
                refused = server.send_message(_letter(email, message))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            why = _plainly(error, password)
            raise Unreachable(f"monitoring.email: {email.server} didn't take the message ({why}); look at the mail server") from None
        for address in refused:
            typer.echo(f"monitoring.email: {email.server} refuses {address}; correct it in province.yml", err=True)

    return send


def _connected(place: str) -> smtplib.SMTP:
    """A session under TLS with a server whose certificate holds; nothing is said in clear but the greeting."""
    host, _, port = place.rpartition(":")
    context = ssl.create_default_context()
    if int(port) == SMTPS_PORT:
        return smtplib.SMTP_SSL(host, SMTPS_PORT, timeout=ANSWER_S, context=context)
    server = smtplib.SMTP(host, int(port), timeout=ANSWER_S)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _letter(email: Email, message: Message) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = email.sender, ", ".join(email.to), message.subject
    letter["Date"], letter["Message-ID"] = format_datetime(datetime.now().astimezone()), make_msgid(domain=email.sender.rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    return letter


# --- webhook --------------------------------------------------------------------------------------------------------------


def _poster(webhook: Webhook, folder: Path) -> Receiver:
    def send(message: Message) -> None:
        token = _secret(webhook.token, folder, "the webhook's token")
        where = URL(webhook.url).origin()  # the path of a chat's hook may be as good as a password
        try:
            status = asyncio.run(_post(webhook.url, token, message))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = _plainly(error, token, webhook.url)
            raise Unreachable(f"monitoring.webhook: {where} didn't take the message ({why}); look at the receiver") from None
        if status >= HTTP_REFUSED:
            raise Unreachable(f"monitoring.webhook: {where} didn't take the message (HTTP {status}); look at its address and its token")

    return send


async def _post(url: str, token: str | None, message: Message) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    context = ssl.create_default_context()
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session,
        session.post(url, json=message.document, headers=headers, ssl=context, allow_redirects=False) as answer,
    ):
        return answer.status


def _plainly(error: Exception, *secrets: str | None) -> str:
    """What went wrong in one line and without any secret."""
    text = " ".join(str(error).split()) or type(error).__name__
    for secret in filter(None, secrets):
        text = text.replace(secret, SECRET)
    return text

"""`motcua audit --tell`: what mail and webhook bring, to real servers on loopback, and what happens when they don't take it."""

import email
import email.policy
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, to_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Email, Monitoring, Webhook
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import to_json as snapshots_to_json
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer import Typer
from typer.testing import CliRunner

from cli import audit as module
from cli import player as playing
from tests.unit.provinces import unruled

PASSWORD, TOKEN, VAULT = "mat khau; thu", "token-0123456789", "vault"
ODD = "mật khẩu"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256())
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class Mailbox:
    """A mail server that keeps what it takes; ``answer`` is what it says to a message."""

    def __init__(self):
        self.letters, self.answer, self.logins = [], "250 OK", []

    async def handle_DATA(self, *about):  # noqa: N802  aiosmtpd's name
        envelope = about[-1]
        self.letters.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return self.answer

    def login(self, *about):
        data = about[-1]
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == PASSWORD)


class Server(Controller):
    """At a port that the machine chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox(certificate):
    box = Mailbox()
    server = Server(
        box, hostname="127.0.0.1", port=0, tls_context=tls(certificate), require_starttls=True, authenticator=box.login, auth_required=True
    )
    server.start()
    box.place = f"127.0.0.1:{server.server.sockets[0].getsockname()[1]}"
    yield box
    server.stop()


@contextmanager
def hook(certificate, status=200):
    """An HTTPS receiver: its address, and what was posted to it."""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append((self.path, self.headers["Authorization"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.send_header("Location", "https://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls(certificate).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/hook/secret-path", posted
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """Run `motcua audit --tell` in a province with these receivers, after a playbook that found these things, None for one that died."""
    vault = VaultLib([("default", VaultSecret(VAULT.encode()))])
    for name, secret in (("smtp-password", PASSWORD), ("webhook-token", TOKEN), ("odd", ODD)):
        (tmp_path / name).write_bytes(vault.encrypt(secret + "\n"))
    (tmp_path / "vault").write_text(VAULT)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "vault"))
    player = tmp_path / "player"
    monkeypatch.setattr(playing, "at_the_controller", lambda command, _: [str(player)])
    app = Typer()
    app.command()(module.audit)

    def run(findings, *, mail=None, webhook=None, secrets=("smtp-password", "webhook-token"), arguments=("--tell",)):
        told = Monitoring(
            email=mail
            and Email(
                **{
                    "to": ["truc-ban@example.vn"],
                    "from": "motcua@example.vn",
                    "server": mail,
                    "user": "motcua",
                    "password": secrets[0],
                }
            ),
            webhook=webhook and Webhook(url=webhook, token=secrets[1]),
        )
        monkeypatch.setattr(module, "load", lambda _: load(Path(unruled(tmp_path))).model_copy(update={"monitoring": told}))
        (tmp_path / "played.json").write_text(to_json(findings or [], "now"))
        (tmp_path / "read.json").write_text(snapshots_to_json([], "now"))
        player.write_text(
            f"#!/bin/sh\ncp {tmp_path}/played.json $MOTCUA_FINDINGS\ncp {tmp_path}/read.json $(dirname $MOTCUA_FINDINGS)/snapshots.json\n"
            if findings is not None
            else "#!/bin/sh\necho 'fatal: gone'\nexit 1\n"
        )
        player.chmod(0o755)
        done = CliRunner().invoke(app, ["-i", str(tmp_path / "province.yml"), "--output", str(tmp_path / "reports"), *arguments])
        assert not [secret for secret in (PASSWORD, TOKEN, ODD) if secret in done.output + repr(done.exception)]
        return done

    return run


def found(*checks, device="lang-giang-cam1"):
    rows = [Finding(device, "lang-giang", check.partition(".")[0], check, "fail", False, True) for check in checks]
    return [*rows, Finding("lang-giang-cam2", "lang-giang", "device", "declared", "pass")]


FINE = [Finding("lang-giang-cam1", "lang-giang", "device", "declared", "pass"), *found()]


def test_a_mail_says_what_came_and_later_what_went_and_nothing_in_between(audit, mailbox, trusted):
    for findings, code in ((found("services.upnp"), 2), (found("services.upnp"), 2), (FINE, 0), (FINE, 0)):
        done = audit(findings, mail=mailbox.place)
        assert (done.exit_code, done.stderr) == (code, "")
    (to, first), (_, second) = mailbox.letters
    assert to == ["truc-ban@example.vn"] and mailbox.logins[0] == ("motcua", PASSWORD)
    text = first.get_content()
    assert (
        first["Subject"].startswith("[motcua] ") and "1 điều mới, 0 điều đã hết" in first["Subject"] and "1 new, 0 gone" in first["Subject"]
    )
    vi, en = text.split("Configuration audit")
    assert (
        "- lang-giang-cam1: Dịch vụ · UPnP: sai lệch, khai báo: Tắt; thực tế: Bật" in vi and "Kết luận: Có sai lệch so với khai báo." in vi
    )
    assert "- lang-giang-cam1: Service · UPnP: different, declared: Off; actual: On" in en and "/report.html" in en
    assert "Đã hết (1):" in second.get_content() and "Lần báo trước: Có sai lệch so với khai báo." in second.get_content()


def test_a_webhook_gets_what_alertmanager_would_send(audit, certificate, trusted):
    with hook(certificate) as (url, posted):
        done = audit(found("services.upnp"), webhook=url)
        audit(FINE, webhook=url)
    assert done.stderr == ""
    (path, token, first), (_, _, second) = posted
    assert (path, token) == ("/hook/secret-path", f"Bearer {TOKEN}")
    assert (first["version"], first["status"], second["status"]) == ("4", "firing", "resolved")
    (alert,), (gone,) = first["alerts"], second["alerts"]
    assert alert["labels"]["device"] == "lang-giang-cam1" and alert["labels"]["check"] == "services.upnp"
    assert (alert["status"], gone["status"]) == ("firing", "resolved")
    assert alert["startsAt"] == gone["startsAt"] <= gone["endsAt"]
    assert "khai báo: Tắt; thực tế: Bật" in alert["annotations"]["summary_vi"]


def test_who_could_not_be_reached_is_told_next_time_and_the_other_at_once(audit, mailbox, certificate, trusted):
    mailbox.answer = "452 no room"
    with hook(certificate) as (url, posted):
        done = audit(found("services.upnp"), mail=mailbox.place, webhook=url)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1 and "didn't take the message" in done.stderr and "no room" in done.stderr
        mailbox.answer = "250 OK"
        audit(found("services.upnp", "time.zone"), mail=mailbox.place, webhook=url)
    assert [len(document["alerts"]) for _, _, document in posted] == [1, 1]
    assert "Mới có (2):" in mailbox.letters[-1][1].get_content()


def test_what_an_audit_without_tell_found_is_told_by_the_next_one_with_it(audit, mailbox, trusted):
    audit(found("services.upnp"), mail=mailbox.place, arguments=())
    assert mailbox.letters == []
    audit(found("services.upnp"), mail=mailbox.place)
    assert "Mới có (1):" in mailbox.letters[0][1].get_content()


def test_a_flood_is_twenty_lines_and_a_number(audit, mailbox, certificate, trusted):
    audit(found("time.zone", "name"), mail=mailbox.place)
    with hook(certificate) as (url, posted):
        audit(found(*(f"users.u{number}.role" for number in range(400))), mail=mailbox.place, webhook=url)
    vi, en = mailbox.letters[-1][1].get_content().split("Configuration audit")
    for half, more in ((vi, "… và 382 điều nữa"), (en, "… and 382 more")):
        assert sum(line.startswith("- ") for line in half.splitlines()) == 20
        assert more in half
    assert "Đã hết (2):" in vi
    assert (len(posted[0][2]["alerts"]), posted[0][2]["truncatedAlerts"]) == (20, 380)


def test_an_audit_that_died_is_told_each_time(audit, mailbox, trusted):
    for _ in range(2):
        assert audit(None, mail=mailbox.place).exit_code == 1
    subjects = [letter["Subject"] for _, letter in mailbox.letters]
    assert len(subjects) == 2 and all("không kiểm tra được" in subject for subject in subjects)
    assert "fatal: gone" in mailbox.letters[0][1].get_content()


def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_token(audit, mailbox, certificate):
    with hook(certificate) as (url, posted):
        done = audit(found("services.upnp"), mail=mailbox.place, webhook=url)
    assert (done.exit_code, posted, mailbox.letters, mailbox.logins) == (2, [], [], [])
    mail, web = done.stderr.splitlines()
    assert mail.startswith(f"monitoring.email: {mailbox.place} didn't take the message (") and "certificate verify failed" in mail
    assert web.startswith("monitoring.webhook: https://127.0.0.1:") and "certificate verify failed" in web.lower()
    assert "secret-path" not in done.stderr


def test_a_mail_server_without_tls_gets_nothing(audit):
    box = Mailbox()
    server = Server(box, hostname="127.0.0.1", port=0)
    server.start()
    try:
        done = audit(found("services.upnp"), mail=f"127.0.0.1:{server.server.sockets[0].getsockname()[1]}")
    finally:
        server.stop()
    assert (done.exit_code, box.letters) == (2, [])
    assert "STARTTLS" in done.stderr


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_receiver_that_refuses_is_a_sentence(audit, certificate, trusted, status):
    with hook(certificate, status) as (url, posted):
        done = audit(FINE + found("name"), webhook=url)
    assert done.exit_code == 2
    assert f"(HTTP {status})" in done.stderr and "secret-path" not in done.stderr
    assert len(posted) == 1


def test_receivers_that_arent_there_are_a_sentence_each(audit):
    done = audit(found("services.upnp"), mail="127.0.0.1:1", webhook="https://127.0.0.1:1/secret-path")
    assert done.exit_code == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["monitoring.email", "monitoring.webhook"]
    assert "secret-path" not in done.stderr


def test_a_password_that_cant_be_opened_is_a_sentence(audit, mailbox, tmp_path):
    (tmp_path / "vault").write_text("another")
    done = audit(found("services.upnp"), mail=mailbox.place)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{tmp_path}/smtp-password: the mail server's password can't be opened (")


def test_a_secret_that_no_login_can_carry_is_a_sentence_without_it(audit, mailbox, certificate, trusted):
    with hook(certificate) as (url, posted):
        done = audit(found("services.upnp"), mail=mailbox.place, webhook=url, secrets=("odd", "odd"))
    assert (done.exit_code, mailbox.letters, posted) == (2, [], [])
    assert done.stderr.count("odd: isn't one line of ASCII letters, digits and signs") == 2


def test_a_province_that_names_nobody_says_so(audit):
    done = audit(found("services.upnp"))
    assert (done.exit_code, "monitoring: names neither email nor webhook; nobody is told" in done.stderr) == (2, True)

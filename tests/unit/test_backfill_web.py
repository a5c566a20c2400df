"""How the storage centre logs in at a device: by the controller's pin, by digest, once."""

import base64
import hashlib
import re
import ssl
from types import SimpleNamespace

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.trust import Trust

from tests.emulators.http import Digest, Response, certificate
from tests.unit.backfilling import FILES
from tests.unit.wire import Scripted

assert FILES  # the roles' packages are found from here on
from backfill.errors import LoginRefused, Unreachable, Untrusted  # noqa: E402  found through sys.path, which is set above
from backfill.found import Answer  # noqa: E402, F401  found through sys.path, which is set above
from backfill.rtsp import Pace  # noqa: E402  found through sys.path, which is set above
from backfill.web import Web, public_key, strongest  # noqa: E402  found through sys.path, which is set above

PASSWORD = "Passw0rd12345678"


def der_of(folder, name="scripted"):
    return ssl.PEM_cert_to_DER_cert(certificate(folder, name)[0].read_text())


def device(server, folder, **changes):
    pin = "spki-sha256:" + hashlib.sha256(public_key(der_of(folder))).hexdigest()
    known = {"name": "a-nvr1", "host": "127.0.0.1", "scheme": "https", "user": "motcua-view", "password": PASSWORD, "pin": pin}
    known |= changes
    return SimpleNamespace(**known, port=server.ports[known["scheme"]])


def asking(digest):
    """A device that takes a digest login; what it answers to."""

    async def answer(request):
        user, _, _ = digest.user_of(request)
        if user is None:
            return Response(401, headers={"WWW-Authenticate": digest.challenge()})
        return Response(200, b"there")

    return answer


def test_the_pin_is_the_controllers(tmp_path):
    trust = Trust("a-nvr1", tmp_path / "pin.json")
    der = der_of(tmp_path)
    assert trust.accept(der)
    assert trust.certificate.pin == "spki-sha256:" + hashlib.sha256(public_key(der)).hexdigest()


def test_a_login_is_taken_by_digest(tmp_path):
    digest = Digest("r", lambda: {"motcua-view": {"password": PASSWORD}}, 20)
    with Scripted(tmp_path, asking(digest)) as server:
        web = Web(device(server, tmp_path))
        assert web.ask("GET", "/x?a[0]=b%20c").body == b"there"
        assert web.ask("POST", "/x", b"<a/>").body == b"there"
    assert PASSWORD not in "".join(f"{one.target}{one.headers}{one.body}" for one in server.requests)


@pytest.mark.parametrize("pin", ["spki-sha256:" + "0" * 64, None, "certificate-sha256:" + "0" * 64])
def test_whoever_isnt_pinned_hears_nothing(tmp_path, pin):
    with Scripted(tmp_path, asking(Digest("r", dict, 20))) as server, pytest.raises(Untrusted, match="a-nvr1"):
        Web(device(server, tmp_path, pin=pin)).ask("GET", "/x")
    assert server.requests == []


def test_a_refused_login_is_the_last_thing_that_the_device_hears(tmp_path):
    digest = Digest("r", lambda: {"motcua-view": {"password": "another"}}, 20)
    with Scripted(tmp_path, asking(digest)) as server:
        web = Web(device(server, tmp_path))
        for _ in range(3):
            with pytest.raises(LoginRefused):
                web.ask("GET", "/x")
    assert digest.most_failed == 1
    assert len(server.requests) == 2, "once without a login, once with it"


@pytest.mark.parametrize("challenge", ['Basic realm="r"', "Bearer"])
def test_a_password_isnt_sent_in_clear(tmp_path, challenge):
    async def answer(_request):
        return Response(401, headers={"WWW-Authenticate": challenge})

    with Scripted(tmp_path, answer) as server, pytest.raises(LoginRefused):
        Web(device(server, tmp_path, scheme="http")).ask("GET", "/x")
    assert all("authorization" not in one.headers for one in server.requests)


def test_sha_256_is_taken_where_it_is_offered():
    found = strongest(['Digest realm="r", nonce="1", algorithm=MD5', 'Digest realm="r", nonce="2", algorithm=SHA-256', 'Basic realm="r"'])
    assert found.values["nonce"] == "2"
    assert strongest(['Digest realm="r", nonce="1", algorithm=SHA-512-256']) is None
    assert strongest([]) is None


def test_a_device_that_wants_the_login_in_the_message_gets_a_token_by_its_own_clock(tmp_path):
    async def answer(request):
        return Response(200, b"there") if b"UsernameToken" in request.body else Response(400, b"<Fault>ter:NotAuthorized</Fault>")

    with Scripted(tmp_path, answer) as server:
        web = Web(device(server, tmp_path))
        web.ahead_s = 3600
        assert web.ask("POST", "/x", b"<s:Header/><s:Body/>").body == b"there"
    body = server.requests[-1].body.decode()
    nonce, created, said = (re.search(rf"<{name}[^>]*>([^<]*)<", body)[1] for name in ("Nonce", "Created", "Password"))
    hashed = hashlib.sha1(base64.b64decode(nonce) + created.encode() + PASSWORD.encode()).digest()
    assert base64.b64decode(said) == hashed
    assert PASSWORD not in body


@pytest.mark.parametrize("delivery", ["cut", "half"])
def test_an_answer_that_breaks_off_is_no_answer(tmp_path, delivery):
    async def answer(_request):
        return Response(200, b"x" * 100_000, delivery=delivery)

    with Scripted(tmp_path, answer) as server:
        web = Web(device(server, tmp_path))
        if delivery == "half":  # a shorter answer is a whole one; what is in it is for the way to judge
            assert len(web.ask("GET", "/x").body) == 50_000
        else:
            with pytest.raises(Unreachable, match="a-nvr1"):
                web.ask("GET", "/x")


def test_reading_keeps_to_the_lines_share_and_saves_nothing_up(monkeypatch):
    now, slept = [100.0], []
    monkeypatch.setattr(
        "backfill.rtsp.time", SimpleNamespace(monotonic=lambda: now[0], sleep=lambda s: (slept.append(s), now.__setitem__(0, now[0] + s)))
    )
    pace = Pace(1000)  # 125,000 bytes a second
    for _ in range(10):
        pace.read(125_000)
    assert sum(slept) == pytest.approx(10)
    now[0] += 60  # the device was silent for a minute
    slept.clear()
    pace.read(125_000)
    for _ in range(9):
        pace.read(125_000)
    assert sum(slept) == pytest.approx(9, abs=0.01), "what a slow device left isn't made up for"

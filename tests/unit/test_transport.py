"""HTTP at its boundary: digest by the standard's own example, whom we trust, what is too much."""

import asyncio
import hashlib
import json
import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, PinChanged, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import MAXIMUM_ANSWER_BYTES, Credential, Http, LoginRefused
from ansible_collections.motcua.cctv.plugins.plugin_utils.trust import Trust

from tests.emulators.http import Response
from tests.unit.wire import Scripted

MUFASA = Credential("Mufasa", "Circle of Life")
NONCE, OPAQUE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def told(header):
    return {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', header)}


async def get(base, trust, target="/dir/index.html", credential=MUFASA, times=1, reuse_nonce=False):
    http = Http(base, trust, reuse_nonce=reuse_nonce, credential=credential)
    try:
        return [await http.request("GET", target) for _ in range(times)]
    finally:
        await http.close()


def challenge(algorithm, extra=""):
    async def answer(request):
        if "authorization" in request.headers:
            return Response(200, b"fine")
        return Response(
            401,
            headers={
                "WWW-Authenticate": f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{NONCE}", opaque="{OPAQUE}"{extra}'
            },
        )

    return answer


@pytest.mark.parametrize(("algorithm", "name"), [("MD5", "md5"), ("SHA-256", "sha256")])
def test_digest_answers_as_rfc_7616_section_3_9_1_computes(tmp_path, algorithm, name):
    with Scripted(tmp_path, challenge(algorithm)) as server:
        asyncio.run(get(f"http://127.0.0.1:{server.ports['http']}", Trust("x")))
    first, second = server.requests
    assert "authorization" not in first.headers
    sent = told(second.headers["authorization"])

    def hashed(text):
        return hashlib.new(name, text.encode()).hexdigest()

    inner, outer = hashed("Mufasa:http-auth@example.org:Circle of Life"), hashed("GET:/dir/index.html")
    # The example's own values (MD5): 8ca523f5e9506fed4657c9700eebdbec is this formula with its client nonce.
    assert sent["response"] == hashed(f"{inner}:{NONCE}:00000001:{sent['cnonce']}:auth:{outer}")
    assert (sent["opaque"], sent["uri"], sent["algorithm"]) == (OPAQUE, "/dir/index.html", algorithm)


@pytest.mark.parametrize(("reuse", "requests"), [(True, 4), (False, 6)])
def test_a_nonce_is_counted_up_or_asked_for_anew(tmp_path, reuse, requests):
    with Scripted(tmp_path, challenge("MD5")) as server:
        asyncio.run(get(f"http://127.0.0.1:{server.ports['http']}", Trust("x"), times=3, reuse_nonce=reuse))
    assert len(server.requests) == requests
    counts = [told(request.headers["authorization"])["nc"] for request in server.requests if "authorization" in request.headers]
    assert counts == (["00000001", "00000002", "00000003"] if reuse else ["00000001"] * 3)


def test_a_refused_credential_is_sent_once(tmp_path):
    async def refuse(request):
        return Response(401, headers={"WWW-Authenticate": f'Digest realm="x", nonce="{NONCE}", qop="auth"'})

    with Scripted(tmp_path, refuse) as server, pytest.raises(LoginRefused):
        asyncio.run(get(f"http://127.0.0.1:{server.ports['http']}", Trust("x")))
    assert len([request for request in server.requests if "authorization" in request.headers]) == 1


def test_the_first_contact_pins_the_key_and_another_key_gets_nothing(tmp_path):
    pin = tmp_path / "pins" / "a-cam1.json"
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir(), other.mkdir()
    with Scripted(one, challenge("MD5")) as server:
        asyncio.run(get(f"https://127.0.0.1:{server.ports['https']}", Trust("a-cam1", pin)))
        asyncio.run(get(f"https://127.0.0.1:{server.ports['https']}", Trust("a-cam1", pin)))
    assert json.loads(pin.read_text())["tls"].startswith("spki-sha256:")
    with Scripted(other, challenge("MD5")) as server, pytest.raises(PinChanged, match="nothing secret was sent"):
        asyncio.run(get(f"https://127.0.0.1:{server.ports['https']}", Trust("a-cam1", pin)))
    assert server.requests == []


def test_a_broken_pin_is_no_trust(tmp_path):
    pin = tmp_path / "pin.json"
    pin.write_text("{")
    with Scripted(tmp_path, challenge("MD5")) as server, pytest.raises(PinChanged, match="holds no pin"):
        asyncio.run(get(f"https://127.0.0.1:{server.ports['https']}", Trust("a-cam1", pin)))
    assert server.requests == []


def test_an_authority_replaces_the_pin_and_signs_for_one_device_only(tmp_path):
    names = {name: tmp_path / name for name in ("a-cam1", "stranger")}
    for folder in names.values():
        folder.mkdir()
    with Scripted(names["a-cam1"], challenge("MD5")) as server:
        base, authority = f"https://127.0.0.1:{server.ports['https']}", str(names["a-cam1"] / "scripted.pem")
        # Its certificate, signed by itself here, says CN=scripted: that is the only device that it may speak for.
        asyncio.run(get(base, Trust("scripted", None, authority)))
        heard = len(server.requests)
        with pytest.raises(PinChanged, match="a-cam1"):
            asyncio.run(get(base, Trust("a-cam1", None, authority)))
        assert len(server.requests) == heard
    with Scripted(names["stranger"], challenge("MD5")) as server, pytest.raises(Unreachable):
        asyncio.run(get(f"https://127.0.0.1:{server.ports['https']}", Trust("scripted", None, authority)))


def test_an_endless_answer_is_cut(tmp_path):
    async def much(request):
        return Response(200, bytes(MAXIMUM_ANSWER_BYTES + 1))

    with Scripted(tmp_path, much) as server, pytest.raises(Garbled, match="more than"):
        asyncio.run(get(f"http://127.0.0.1:{server.ports['http']}", Trust("x")))


BROKEN_OFF = b"Transfer-Encoding: chunked\r\n\r\n40\r\nhalf of it"


@pytest.mark.parametrize(("status", "told_apart"), [("404 Not Found", True), ("200 OK", False)])
def test_a_refusal_that_breaks_off_is_a_refusal_and_a_success_that_breaks_off_is_none(status, told_apart):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\n".encode() + BROKEN_OFF)
        await writer.drain()
        writer.close()

    async def ask():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await get(base, Trust("x"))

    if told_apart:
        assert asyncio.run(ask())[0].status == 404
    else:
        with pytest.raises(Unreachable):
            asyncio.run(ask())


def test_of_two_schemes_digest_is_taken_though_it_stands_in_a_second_header():
    async def answer(reader, writer):
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        if "Authorization: Digest" in asked:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
        else:
            both = 'WWW-Authenticate: Basic realm="x"\r\nWWW-Authenticate: Digest realm="x", nonce="n", qop="auth"\r\n'
            writer.write(f"HTTP/1.1 401 No\r\n{both}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def ask():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            return await get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", Trust("x"))

    assert asyncio.run(ask())[0].body == b"fine"

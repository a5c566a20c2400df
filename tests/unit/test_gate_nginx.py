"""The portal as a browser meets it: the real nginx with the rollout's configuration before the real gate. Every cell of the matrix is tried."""

import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.matrix import plan_matrix

from tests.unit.gates import BEGIN_S, MACHINE, PIECE, Person, Portal, seconds_until, stamp

pytestmark = pytest.mark.skipif(
    shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="nginx isn't installed here; scripts/setup --dev installs it"
)
VIEWERS = ("tan-dinh", "lang-giang", "hanh-chinh-cong", "ioc", "truc-ban", "cong-an")


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    portal = Portal(tmp_path_factory.mktemp("portal"), nginx=True)
    portal.film()
    for name in ("index.html", "wall.html", "province.html"):
        (portal.folder / "page" / name).write_text(f"<!doctype html><title>{name}</title>")
    for name in ("state.json", "indicators.csv", "indicators.json"):
        (portal.folder / "state" / name).write_text("{}")
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def people(portal):
    return {viewer: portal.person(viewer) for viewer in VIEWERS}


def test_every_cell_of_the_matrix(portal, people):
    """Live, main stream, recorded: what is allowed is the camera's own file, what is forbidden shows not a byte."""
    rights = plan_matrix(load("inventory/lab/province.yml"))
    assert rights.keys() == set(VIEWERS)
    tried = {True: 0, False: 0}
    for camera in (row["id"] for row in portal.settings["cameras"]):
        paths = {portal.live(camera): "live", f"/live/{camera}/main/{PIECE}": "live", portal.playback(camera): "playback"}
        for path, what in paths.items():
            for viewer, person in people.items():
                answer, allowed = person.get(path), camera in getattr(rights[viewer], what)
                tried[allowed] += 1
                shown = f"live {camera}" if what == "live" else f"live {camera} 0"
                assert answer.status == (200 if allowed else 403), (viewer, path)
                assert (answer.body.decode() == shown) if allowed else (b"live" not in answer.body), (viewer, path)
            assert Person(portal).status(path) == 401
            assert Person(portal, MACHINE).status(path) == (200 if what == "live" else 401)
    assert tried[True] > 40 and tried[False] > 40


def test_pieces_are_found_on_every_shard_and_of_both_sources(portal, people):
    operator = people["truc-ban"]
    for camera in ("lang-giang-cam1", "lang-giang-cam2"):
        playlist = operator.get(f"/playback/{camera}/index.m3u8?from={BEGIN_S}&until={BEGIN_S + 600}")
        assert playlist.headers["Content-Type"] == "application/vnd.apple.mpegurl; charset=utf-8"
        pieces = [line for line in playlist.body.decode().splitlines() if not line.startswith("#")]
        said = [operator.get(piece) for piece in pieces]
        sources = ["backfill" if minute == 5 else "live" for minute in (0, 1, 2, 3, 5, 6, 7, 8, 9)]
        assert [one.body.decode().split()[:2] for one in said] == [[source, camera] for source in sources]
        assert {one.headers["Content-Type"] for one in said} == {"video/mp2t"}
        assert operator.status(f"/playback/{camera}/{stamp(BEGIN_S + 240)}.ts") == 404
    part = operator.get(portal.playback("lang-giang-cam1"), Range="bytes=5-14")
    assert (part.status, part.body) == (206, b"lang-giang")


FORGED = (
    "/live/tan-dinh-cam1/../lang-giang-cam1/{piece}", "/live/tan-dinh-cam1/%2e%2e/lang-giang-cam1/{piece}",
    "/live/tan-dinh-cam1/..%2flang-giang-cam1/{piece}", "/live/tan-dinh-cam1/%2e%2e%2flang-giang-cam1%2f{piece}",
    "/live//tan-dinh-cam1/{piece}", "//live/tan-dinh-cam1/{piece}", "/live/./tan-dinh-cam1/{piece}", "/live/tan-dinh-cam1//{piece}",
    "/live/tan-dinh-cam1/%00{piece}", "/live/tan-dinh-cam1/{piece}%00", "/live/%74an-dinh-cam1/{piece}", "/live/tan-dinh-cam1/{piece}/..",
    "/live/lang-giang-cam1/{piece}", "/live/lang-giang-cam1/{piece}?/live/tan-dinh-cam1/{piece}", "/LIVE/lang-giang-cam1/{piece}",
    "/live/lang-giang-cam1/{piece}#/live/tan-dinh-cam1/{piece}", "/live/tan-dinh-cam1/link.ts", "/live/tan-dinh-cam1/000000099.ts",
    "/live/tan-dinh-cam1/", "/live/", "/live/tan-dinh-cam1", "/live/tan-dinh-cam1/index.m3u8~", "/live/tan-dinh-cam9/index.m3u8",
    "/playback/tan-dinh-cam1/index.db", "/playback/../index.db", "/playback/index.db", "/playback/backfill/tan-dinh-cam1/{stamp}.ts",
    "/playback/tan-dinh-cam1/{stamp}.ts", "/playback/lang-giang-cam1/../tan-dinh-cam1/{stamp}.ts", "/auth", "/api/../auth", "/api/%2e%2e/auth",
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fportal.json", "/state.json", "/wall.html", "/province.html", "/wall.html/",
    "//wall.html", "/%77all.html", "/indicators.csv", "/indicators.json", "/.well-known", "/api/enrol/", "/api/me/", "/API/me",
)  # fmt: skip


@pytest.fixture(scope="module")
def linked(portal):
    folder = portal.folder / "live/tan-dinh-cam1"
    for name in ("link.ts", "000000099.ts"):
        (folder / name).symlink_to(portal.folder / "live/lang-giang-cam1" / PIECE)


@pytest.mark.parametrize("path", FORGED)
def test_a_forged_path_shows_nothing(portal, people, linked, path):
    answer = people["tan-dinh"].get(path.format(piece=PIECE, stamp=stamp(BEGIN_S)))
    assert answer.status in (400, 401, 403, 404), answer.body
    assert b"lang-giang" not in answer.body and b"root:" not in answer.body and b"live " not in answer.body


@pytest.mark.parametrize("headers", [
    {"X_Original_URI": "/live/tan-dinh-cam1/000000001.ts"}, {"X_Real_IP": MACHINE}, {"X_Forwarded_For": MACHINE},
    {"X_Original_Method": "GET", "X_Original_URI": "/live/tan-dinh-cam1/index.m3u8", "X_Real_IP": MACHINE},
    {"X_Rewrite_URL": "/live/tan-dinh-cam1/000000001.ts"}, {"X_HTTP_Method_Override": "HEAD"},
], ids=str)  # fmt: skip
def test_headers_of_the_browsers_own_change_nothing(portal, people, headers):
    assert people["tan-dinh"].status(portal.live("lang-giang-cam1"), **headers) == 403
    assert Person(portal).status(portal.live("lang-giang-cam1"), **headers) == 401


def test_the_root_and_the_lists_of_revoked_certificates_are_for_everybody_and_nothing_else_beside_them(portal):
    folder = portal.folder / "public/pki"
    folder.mkdir(parents=True)
    for name in ("root.pem", "1.crl.pem", "1.key.pem", "notes.txt"):
        (folder / name).write_text(name)
    seen = {name: Person(portal).get(f"/pki/{name}") for name in ("root.pem", "1.crl.pem")}
    assert {name: (one.status, one.body.decode()) for name, one in seen.items()} == {name: (200, name) for name in seen}
    for path in ("/pki/1.key.pem", "/pki/notes.txt", "/pki/", "/pki/../gate.db", "/pki/root.pem/", "/pki/x/root.pem"):
        assert Person(portal).status(path) in (400, 401, 403, 404), path


def test_writing_is_refused_everywhere(portal, people):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        for path in (portal.live("tan-dinh-cam1"), portal.playback("lang-giang-cam1"), "/", "/index.html", "/wall.html"):
            assert people["truc-ban"].ask(method, path).status in (400, 403, 405), (method, path)


def test_the_provinces_pages_are_for_ioc_and_operators(portal, people):
    for path in ("/wall.html", "/province.html", "/state.json", "/indicators.csv", "/indicators.json"):
        assert {viewer: person.status(path) for viewer, person in people.items()} == {
            viewer: 200 if viewer in ("ioc", "truc-ban") else 403 for viewer in VIEWERS
        }
        stranger = Person(portal).get(path)
        assert (stranger.status, stranger.headers["Location"]) == ((302, "/") if path.endswith(".html") else (401, None))


# --- sessions -----------------------------------------------------------------------------------------------------------------


def test_a_replayed_cookie_opens_nothing_after_logout(portal):
    person = portal.person("lang-giang", "127.0.0.31")
    path = portal.live("lang-giang-cam1")
    assert person.status(path) == 200
    assert person.ask("POST", "/api/logout", {}, X_Motcua_Token=None).status == 403
    assert person.ask("POST", "/api/logout", {}).status == 200
    assert [person.status(path), person.status("/api/me")] == [401, 401]


def test_disabling_stops_the_pieces_within_five_seconds(portal):
    account = portal.enrolled("lang-giang", "sap-nghi")
    person = Person(portal, "127.0.0.32")
    assert person.login(account).status == 200
    path = portal.live("lang-giang-cam1")
    assert person.status(path) == 200
    portal.viewer("disable", account)
    assert seconds_until(401, lambda: person.status(path)) < 5


def test_without_the_gate_nothing_is_shown_and_with_it_everybody_is_still_there(portal, people):
    path = portal.live("tan-dinh-cam1")
    for number in (signal.SIGTERM, signal.SIGKILL):
        portal.down(number)
        assert [people["tan-dinh"].status(path), Person(portal, MACHINE).status(path), people["tan-dinh"].status("/api/me")] == [
            500,
            500,
            502,
        ]
        portal.up()
        assert [people["tan-dinh"].status(path), people["tan-dinh"].status("/api/me")] == [200, 200]


# --- nobody starves the others ---------------------------------------------------------------------------------------------------


def test_a_thousand_connections_of_one_address_starve_nobody(portal, people):
    path = portal.live("tan-dinh-cam1")
    with ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(socket.create_connection(("127.0.0.1", portal.port), 10, ("127.0.0.40", 0)))
        began = time.monotonic()
        assert [people["tan-dinh"].status(path) for _ in range(5)] == [200] * 5
        assert time.monotonic() - began < 5


def test_a_thousand_requests_of_one_address_are_held_back(portal, people):
    greedy = Person(portal, "127.0.0.41")
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: greedy.status("/alive"), range(1000)))
        assert people["tan-dinh"].status(portal.live("tan-dinh-cam1")) == 200
    assert set(statuses) <= {200, 429}


def test_logins_are_held_back_before_they_cost_anything(portal):
    stranger = Person(portal, "127.0.0.42")
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda number: stranger.login(f"x{number}", "irgendein Passwort").status, range(60)))
    assert set(statuses) <= {401, 429} and statuses.count(429) >= 10


def raw(portal, address="127.0.0.43"):
    context = ssl.create_default_context(cafile=portal.folder / "portal.pem")
    plain = socket.create_connection(("127.0.0.1", portal.port), 20, (address, 0))
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_who_sends_nothing_is_hung_up_on(portal):
    """In the test after four seconds, in the configuration after ten."""
    assert re.search(r"client_header_timeout 4s;", (portal.folder / "nginx.conf").read_text())
    with raw(portal) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        began = time.monotonic()
        assert b"408" in slow.recv(100) or slow.recv(100) == b""
        assert time.monotonic() - began < 15


@pytest.mark.parametrize("request_", [b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
                                      b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 4000 + b"\r\n",
                                      b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"], ids=["path", "header", "headers", "body"])  # fmt: skip
def test_what_is_too_large_is_refused(portal, request_):
    with raw(portal, "127.0.0.44") as connection:
        connection.sendall(request_)
        assert re.match(rb"HTTP/1.1 4(00|13|14|94|31) ", connection.recv(100))


# --- the page ---------------------------------------------------------------------------------------------------------------------


def test_the_page_is_for_everybody_and_strict(portal, people):
    for path, status in (("/", 200), ("/index.html", 200), ("/api/me", 401), ("/no-such", 404), (portal.live("lang-giang-cam1"), 403)):
        answer = people["tan-dinh"].get(path, Cookie=None if path == "/api/me" else people["tan-dinh"].cookie)
        assert answer.status == status
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert (policy["default-src"], policy["media-src"], policy["worker-src"]) == ("'self'", "'self' blob:", "'self' blob:")
        assert "script-src" not in policy and "unsafe" not in str(policy)
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=") and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin" and answer.headers["Server"] == "nginx"
        assert len(answer.headers.get_all("Cache-Control")) == 1
    assert people["tan-dinh"].get("/").headers["Content-Type"] == "text/html; charset=utf-8"


def test_whoever_asks_whether_the_portal_lives_is_told(portal):
    answer = Person(portal).get("/alive")
    assert (answer.status, answer.body) == (200, b"motcua\n")


def test_http_2_is_spoken(portal):
    context = ssl.create_default_context(cafile=portal.folder / "portal.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", portal.port), 10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        assert (secure.selected_alpn_protocol(), secure.version()) == ("h2", "TLSv1.3")


def test_no_link_stands_in_any_log(portal):
    _, token = portal.invited("lang-giang", account="moi-vao")
    person = Person(portal, "127.0.0.45")
    statuses = [person.status(f"/api/enrol/{token}") for _ in range(30)]
    assert 200 in statuses
    logged = "".join(file.read_text(errors="replace") for file in portal.folder.glob("*.log"))
    assert token not in logged


def test_a_browser_that_speaks_http_2_logs_in_too(portal):
    """The gate compares where a POST comes from with the name that was asked for, which HTTP/2 carries elsewhere."""
    command = ["curl", "-sS", "--http2", "--cacert", str(portal.folder / "portal.pem"), "-w", "\n%{http_version} %{http_code}", "-H"]
    body = json.dumps({"account": "nobody", "password": "whatever it may be"})
    said = []
    for origin in (portal.origin, "https://example.com"):
        words = [*command, f"Origin: {origin}", "-d", body, f"{portal.origin}/api/login"]
        said.append(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert said == ['{"error": "wrong"}\n2 401', '{"error": "origin"}\n2 403']

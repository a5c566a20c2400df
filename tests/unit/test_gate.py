"""The gate by itself, on its socket: logging in, enrolment, rights, the log, and what it answers to whom."""

import base64
import itertools
import json
import re
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.gates import BEGIN_S, MACHINE, PASSWORD, Person, Portal, lab, seconds_until, session_of, stamp
from tests.unit.standby import eventually

from gate import paths, totp  # isort: skip  gates says where the package is
from gate.database import stored  # isort: skip
from gate.rights import Rights  # isort: skip

LIVE = "/live/tan-dinh-cam1/index.m3u8"


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    portal = Portal(tmp_path_factory.mktemp("portal"))
    portal.film()
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def leader(portal):
    return portal.person("tan-dinh")


@pytest.fixture(scope="module")
def operator(portal):
    return portal.person("truc-ban")


def auth(person, path, method="GET", **headers):
    return person.get("/auth", X_Original_URI=path, X_Original_Method=method, **headers).status


# --- enrolment -------------------------------------------------------------------------------------------------------------


def test_a_link_makes_one_password_once(portal):
    account, token = portal.invited("lang-giang", "Trần Thị Bình")
    assert account == "tran-thi-binh"
    person = Person(portal)
    assert person.get(f"/api/enrol/{token}").json == {"name": "Trần Thị Bình", "kind": "leader", "code_required": False}
    assert person.login(account).json == {"error": "wrong"}, "no password yet"
    for weak in ("ngắn quá", "aaaaaaaaaaaaaaaaaaaa", f"{account}1", "Password1234!", "x" * 500):
        refused = person.ask("POST", f"/api/enrol/{token}", {"password": weak})
        assert (refused.status, refused.json) == (400, {"error": "weak"}), weak
    assert person.ask("POST", f"/api/enrol/{token}", {"password": PASSWORD}).status == 200
    assert [person.status(f"/api/enrol/{token}"), person.ask("POST", f"/api/enrol/{token}", {"password": PASSWORD}).status] == [410, 410]
    said = person.login(account)
    assert {key: said.json[key] for key in ("account", "name", "viewer", "kind", "screens", "language")} == {
        "account": account, "name": "Trần Thị Bình", "viewer": "lang-giang", "kind": "leader", "screens": 4, "language": "vi",
    }  # fmt: skip
    cookie = said.headers["Set-Cookie"]
    assert all(word in cookie for word in ("; HttpOnly", "; Path=/", "; Secure", "; SameSite=Strict")) and "Domain" not in cookie
    assert person.get("/api/me").json == said.json
    stored = b"".join(file.read_bytes() for file in portal.folder.glob("gate.db*"))
    assert not [secret for secret in (token, session_of(person.cookie), PASSWORD) if secret.encode() in stored]


def test_a_link_ends_after_three_days_and_a_new_one_ends_the_old_one(portal):
    account, first = portal.invited("lang-giang", account="le-van-c")
    _, second = portal.invited("lang-giang", account=account)
    person = Person(portal)
    assert [person.status(f"/api/enrol/{token}") for token in (first, second, "x" * 43, "x" * 42)] == [404, 200, 404, 404]
    with closing(sqlite3.connect(portal.folder / "gate.db")) as database, database:
        (expires_s,) = database.execute("SELECT expires_s FROM link WHERE account = ?", (account,)).fetchone()
        assert 71.9 * 3600 < expires_s - time.time() <= 72 * 3600
        database.execute("UPDATE link SET expires_s = ? WHERE account = ?", (time.time() - 1, account))
    assert [person.status(f"/api/enrol/{second}"), person.ask("POST", f"/api/enrol/{second}", {"password": PASSWORD}).status] == [410, 410]


def test_a_new_password_ends_every_session_of_the_old_one(portal):
    one = portal.person("hanh-chinh-cong")
    other = Person(portal, "127.0.0.2")
    assert other.login("hanh-chinh-cong").status == 200
    _, token = portal.invited("hanh-chinh-cong", account="hanh-chinh-cong")
    assert one.status("/api/me") == 200, "the link alone changes nothing"
    assert Person(portal).ask("POST", f"/api/enrol/{token}", {"password": "Suối-trong đầu nguồn"}).status == 200
    assert [one.status("/api/me"), other.status("/api/me"), auth(one, LIVE)] == [401, 401, 401]
    assert [other.login("hanh-chinh-cong").status, other.login("hanh-chinh-cong", "Suối-trong đầu nguồn").status] == [401, 200]


# --- logging in ----------------------------------------------------------------------------------------------------------------


def test_the_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, its last six digits; RFC 4226's secret."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    table = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
    for at_s, code in table.items():
        assert totp.code_at(secret, at_s // 30) == code
        assert [totp.step_of(secret, code, at_s + late) is not None for late in (0, 30, 60)] == [True, True, False]
        if at_s > 90:
            assert [totp.step_of(secret, code, at_s + early) is not None for early in (-60, -30)] == [False, True]


def test_an_operator_needs_a_code_that_was_never_used(portal):
    account = portal.enrolled("truc-ban", "vu-thi-d")
    person = Person(portal, "127.0.0.3")
    used = portal.code(account)
    assert person.login(account).json == {"error": "code_needed"}
    assert person.login(account, code=used).json == {"error": "wrong"}, "it was used to enrol"
    following = portal.code(account, 1)
    assert person.login(account, code=following).status == 200
    again = Person(portal, "127.0.0.4")
    assert again.login(account, code=following).json == {"error": "wrong"}
    assert [again.login(account, "falsch aber lang", code=portal.code(account, 1)).status, again.cookie] == [401, None]


def test_an_operator_cant_enrol_without_the_code(portal):
    _, token = portal.invited("truc-ban", account="no-code")
    for code in (None, "", "12345", "0000000", "x23456"):
        refused = Person(portal).ask("POST", f"/api/enrol/{token}", {"password": PASSWORD, "code": code})
        assert (refused.status, refused.json) == (400, {"error": "code"})


def attempts(database, account, address, moments):
    """The seconds to wait before each failed attempt."""
    return [round(database.attempt(account, address, at_s)) for at_s in moments]


def test_each_failure_makes_the_wait_longer_up_to_a_quarter_of_an_hour(tmp_path):
    with stored(tmp_path / "gate.db") as database:
        assert attempts(database, "a", "x", [0, 0, 0, 0, 0, 1.9]) == [0, 0, 0, 2, 2, 0], "the third failure makes two seconds"
        assert attempts(database, "a", "y", [2, 2, 2, 2]) == [0, 0, 0, 2] and attempts(database, "b", "x", [2, 2]) == [0, 0]
        at_s, waits = 2.0, []
        assert database.attempt("a", "x", at_s) == 0
        for _ in range(12):
            waits.append(database.attempt("a", "x", at_s))
            at_s += waits[-1]
            assert database.attempt("a", "x", at_s) == 0
        assert [round(wait) for wait in waits] == [4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
        assert database.attempt("a", "x", at_s + 86401) == 0, "a day later it is forgotten"
        database.forgive("a", "y", all_of_account=True)
        assert attempts(database, "a", "y", [3, 3, 3, 3]) == [0, 0, 0, 2]


def test_failures_make_one_address_wait_and_nobody_else(portal, leader):
    stranger = Person(portal, "127.0.0.66")
    answers = list(
        itertools.takewhile(lambda one: one.status != 429, (stranger.login("tan-dinh", "nicht das Richtige") for _ in range(20)))
    )
    assert 3 <= len(answers) < 20 and {answer.status for answer in answers} == {401}
    refused = stranger.login("tan-dinh")
    assert (refused.status, refused.json["error"]) == (429, "wait") and refused.json["seconds"] >= 1, "not even with the right password"
    assert Person(portal, "127.0.0.67").login("tan-dinh").status == 200, "a stranger locks nobody out"


def test_many_accounts_from_one_address_make_it_wait_too(portal):
    stranger = Person(portal, "127.0.0.68")
    statuses = [stranger.login(f"nobody-{number}", "whatever it may be").status for number in range(26)]
    assert statuses[:20] == [401] * 20 and 429 in statuses


def test_a_hundred_attempts_at_once_are_three(portal):
    def attempt(number):
        return Person(portal, "127.0.0.69").login("tan-dinh", f"thử lần thứ {number}").status

    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(attempt, range(100)))
    assert 3 <= statuses.count(401) <= 6 and statuses.count(401) + statuses.count(429) == 100


def test_a_password_alone_doesnt_wipe_out_wrong_codes(portal, operator):
    stranger, said = Person(portal, "127.0.0.70"), []
    while "wait" not in said and len(said) < 24:
        said += [stranger.login("truc-ban", code="000000").json["error"], stranger.login("truc-ban").json["error"]]
    assert said[:4] == ["wrong", "code_needed"] * 2 and "wait" in said


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff\xfe", b'"x"', b'{"account": 1, "password": "x"}', b'{"account": "x"}', b"[" * 4000]
)
def test_a_login_that_is_none_is_refused(portal, body):
    assert Person(portal, "127.0.0.71").ask("POST", "/api/login", body).status == 400


def test_too_much_is_refused(portal):
    assert Person(portal).ask("POST", "/api/login", b"x" * 5000).status == 413
    assert Person(portal).get("/api/me", X_Long="x" * 20000).status == 400


# --- sessions ------------------------------------------------------------------------------------------------------------------


def test_logging_in_anew_ends_the_session_before(portal):
    person = portal.person("lang-giang")
    first = person.cookie
    assert person.login("lang-giang").status == 200
    assert person.cookie != first and [person.status("/api/me"), person.status("/api/me", Cookie=first)] == [200, 401]


def test_a_cookie_is_worth_nothing_after_logout(portal):
    person = portal.person("lang-giang")
    cookie = person.cookie
    answer = person.ask("POST", "/api/logout", {})
    assert answer.status == 200 and "Max-Age=0" in answer.headers["Set-Cookie"]
    assert [person.status("/api/me", Cookie=cookie), auth(person, LIVE, Cookie=cookie)] == [401, 401]


POSTS = {
    "no token": {"X_Motcua_Token": None},
    "another token": {"X_Motcua_Token": "0" * 64},
    "no origin": {"Origin": None},
    "another origin": {"Origin": "https://example.com"},
    "another scheme": {"Origin": "http://centre"},
    "origin null": {"Origin": "null"},
}


@pytest.mark.parametrize("case", POSTS)
def test_another_sites_page_can_post_nothing(portal, leader, case):
    for path in ("/api/logout", "/api/demand/tan-dinh-cam1"):
        assert leader.ask("POST", path, {}, **POSTS[case]).status == 403
    if "token" not in case:
        body = {"account": "tan-dinh", "password": PASSWORD}
        assert Person(portal).ask("POST", "/api/login", body, **POSTS[case]).status == 403
    assert leader.status("/api/me") == 200


@pytest.mark.parametrize(
    "cookie", ["", "x", "__Host-motcua=", "__Host-motcua=" + "A" * 43, "__Host-motcua=" + "A" * 9000, "motcua=1; __Host-motcua=\x01"]
)
def test_no_session_no_answer(portal, cookie):
    stranger = Person(portal)
    for path in (
        "/api/me",
        "/api/tree",
        "/api/state",
        "/api/timeline/tan-dinh-cam1?from=1&until=2",
        "/playback/tan-dinh-cam1/index.m3u8?from=1&until=2",
    ):
        assert stranger.get(path, Cookie=cookie).status in (400, 401)


def test_sessions_end_when_idle_or_old(portal, operator, leader):
    for field, limit in (("used_s", 3600), ("created_s", 12 * 3600)):
        person = portal.person("truc-ban")
        portal.down()
        with closing(sqlite3.connect(portal.folder / "gate.db")) as database, database:
            database.execute(f"UPDATE session SET {field} = ?", (time.time() - limit - 1,))
        portal.up()
        assert [person.status("/api/me"), leader.status("/api/me")] == [401, 200], "leaders have longer"
    portal.forget_codes("truc-ban")
    assert operator.login("truc-ban", code=portal.code("truc-ban")).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_loses_nobody(portal, leader, number):
    fresh = portal.person("cong-an")
    portal.down(number)
    portal.up()
    assert [leader.status("/api/me"), fresh.status("/api/me")] == [200, 200]


def test_disabling_works_within_five_seconds(portal):
    person = portal.person("ioc")
    assert auth(person, LIVE) == 204
    began = time.monotonic()
    assert portal.viewer("disable", "ioc")["disabled"]
    assert seconds_until(401, lambda: auth(person, LIVE)) < 5 and time.monotonic() - began < 20
    assert person.login("ioc").json == {"error": "wrong"}
    assert "no such account" in portal.viewer("disable", "nobody")["error"]


# --- rights --------------------------------------------------------------------------------------------------------------------


def test_an_agreement_holds_on_its_days_and_no_others(tmp_path):
    settings = lab()["portal"]["settings"]
    settings["viewers"]["cong-an"] |= {"from": "2026-03-01", "until": "2026-03-02"}
    (tmp_path / "portal.json").write_text(json.dumps(settings))
    police = Rights(tmp_path / "portal.json").viewers["cong-an"]
    begin = datetime(2026, 2, 28, 17, tzinfo=UTC)  # midnight in Việt Nam
    moments = [begin - timedelta(seconds=1), begin, begin + timedelta(hours=47, minutes=59), begin + timedelta(days=2)]
    for what in ("live", "playback"):
        assert [police.may(what, "xuong-lam-cam1", at.timestamp()) for at in moments] == [False, True, True, False]
        assert not police.may(what, "tan-dinh-cam1", begin.timestamp())


def test_an_agreement_that_ends_stops_the_next_piece(portal):
    person = portal.person("cong-an")
    assert auth(person, "/live/xuong-lam-cam1/index.m3u8") == 204
    held = portal.settings["viewers"]["cong-an"]["until"]
    portal.settings["viewers"]["cong-an"]["until"] = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    portal.write_settings()
    assert seconds_until(403, lambda: auth(person, "/live/xuong-lam-cam1/index.m3u8")) < 5
    assert person.get("/api/tree").json == []
    portal.settings["viewers"]["cong-an"]["until"] = held
    portal.write_settings()
    assert seconds_until(204, lambda: auth(person, "/live/xuong-lam-cam1/index.m3u8")) < 5


def test_settings_that_cant_be_read_leave_the_rights_as_they_were(portal, leader):
    (portal.folder / "portal.json").write_text("{")
    time.sleep(2.5)  # two looks at the file: that nothing happens is no event
    assert [auth(leader, LIVE), auth(leader, "/live/xuong-lam-cam1/index.m3u8")] == [204, 403]
    portal.write_settings()


def test_machines_see_live_pictures_by_their_address_and_nothing_else(portal):
    machine, other = Person(portal, MACHINE), Person(portal, "127.0.0.8")
    playback = f"/playback/tan-dinh-cam1/{stamp(BEGIN_S)}.ts"
    assert [auth(machine, path) for path in (LIVE, "/live/no-such-cam/index.m3u8", playback, "/state.json")] == [204, 401, 401, 401]
    assert auth(other, LIVE) == 401


FORGED = (
    "", "/", "live/tan-dinh-cam1/index.m3u8", "//live/tan-dinh-cam1/index.m3u8", "/live//tan-dinh-cam1/index.m3u8", "/live/tan-dinh-cam1",
    "/live/tan-dinh-cam1/", "/live/tan-dinh-cam1/../lang-giang-cam1/index.m3u8", "/live/tan-dinh-cam1/%2e%2e/lang-giang-cam1/index.m3u8",
    "/live/tan-dinh-cam1%2f../lang-giang-cam1/index.m3u8", "/live/tan-dinh-cam1/index.m3u8%00", "/live/tan-dinh-cam1/index.m3u8\n",
    "/live/tan-dinh-cam1/index.m3u8/x", "/LIVE/tan-dinh-cam1/index.m3u8", "/live/tan-dinh-cam1/index.M3U8", "/live/tan-dinh-cam1/.hidden",
    "/live/tan-dinh-cam1/other.ts", "/live/tan-dinh-cam1;x/index.m3u8", "/live/tan-dinh-cam1/index.m3u8#x", "/live/tan-dinh-cam1/٠٠٠٠٠٠٠٠١.ts",
    "/playback/tan-dinh-cam1/backfill/backfill/20260101T000000Z.ts", "/live/tan-dinh-cam1\\index.m3u8", "http://x/live/tan-dinh-cam1/index.m3u8",
)  # fmt: skip


@pytest.mark.parametrize("path", FORGED, ids=repr)
def test_only_the_exact_form_of_a_path_is_taken(path):
    assert paths.asked(path) is None


def test_only_reading_is_allowed(portal, leader):
    assert [auth(leader, LIVE, method) for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "get", "")] == [
        204,
        204,
        403,
        403,
        403,
        403,
        403,
    ]


def test_the_province_is_for_those_who_watch_over_it(portal, leader, operator):
    for path in paths.PROVINCE:
        assert [auth(who, path) for who in (leader, operator, portal.person("lang-giang"))] == [403, 204, 403]


def test_the_tree_has_what_is_seen_and_nothing_else(portal, leader, operator):
    def cameras(nodes):
        for node in nodes:
            yield from ((camera["id"], camera["live"], camera["playback"]) for camera in node["cameras"])
            yield from cameras(node["children"])

    (own,) = leader.get("/api/tree").json
    assert (own["id"], own["children"], [camera["name"] for camera in own["cameras"]]) == ("tan-dinh", [], ["Quầy số 1", "Cửa chính"])
    (top,) = operator.get("/api/tree").json
    assert (top["id"], {child["id"] for child in top["children"]}) == ("lang-giang", {"tan-dinh", "xuong-lam"})
    known = {(camera["id"], True, True) for camera in portal.settings["cameras"]}
    assert set(cameras([top])) == known
    assert {camera for camera, *_ in cameras(portal.person("cong-an").get("/api/tree").json)} == {"xuong-lam-cam1", "xuong-lam-cam2"}


# --- what was recorded, what is happening -----------------------------------------------------------------------------------------


def test_the_time_line_says_what_is_there_and_what_is_missing(portal, operator):
    for camera in ("lang-giang-cam1", "lang-giang-cam2"):  # on two shards
        said = operator.get(f"/api/timeline/{camera}?from={BEGIN_S}&until={BEGIN_S + 600}").json
        spans = [((one["from"] - BEGIN_S) / 60, (one["until"] - BEGIN_S) / 60, one["source"]) for one in said["spans"]]
        assert spans == [(0, 4, "live"), (5, 6, "backfill"), (6, 10, "live")]
        assert [((one["from"] - BEGIN_S) / 60, (one["until"] - BEGIN_S) / 60) for one in said["gaps"]] == [(4, 5)]


def test_the_playlist_names_each_piece_with_its_time(portal, operator):
    answer = operator.get(f"/playback/lang-giang-cam2/index.m3u8?from={BEGIN_S + 130}&until={BEGIN_S + 400}")
    assert answer.headers["Content-Type"].startswith("application/vnd.apple.mpegurl")
    lines = answer.body.decode().splitlines()
    pieces = [line for line in lines if not line.startswith("#")]
    folder = {5: "backfill/"}
    assert pieces == [f"/playback/lang-giang-cam2/{folder.get(minute, '')}{stamp(BEGIN_S + 60 * minute)}.ts" for minute in (2, 3, 5, 6)]
    times = [line.partition(":")[2] for line in lines if line.startswith("#EXT-X-PROGRAM-DATE-TIME")]
    assert [datetime.fromisoformat(at).timestamp() for at in times] == [BEGIN_S + 60 * minute for minute in (2, 3, 5, 6)]
    assert lines.count("#EXT-X-DISCONTINUITY") == 3 and lines.count("#EXTINF:60.000,") == 4
    assert "#EXT-X-TARGETDURATION:60" in lines and lines[-1] == "#EXT-X-ENDLIST"


@pytest.mark.parametrize(
    "span", ["", "from=1", "from=x&until=2", "from=2&until=1", "from=nan&until=2", "from=0&until=1e12", "from=0&until=9999999"]
)
def test_a_span_that_is_none_is_refused(portal, operator, span):
    assert [operator.status(f"/api/timeline/lang-giang-cam1?{span}"), operator.status(f"/playback/lang-giang-cam1/index.m3u8?{span}")] == [
        400,
        400,
    ]


def test_recordings_are_for_those_who_may_see_them(portal, leader):
    span = f"from={BEGIN_S}&until={BEGIN_S + 60}"
    assert [leader.status(f"/api/timeline/{camera}?{span}") for camera in ("tan-dinh-cam1", "lang-giang-cam1", "no-such")] == [
        403,
        403,
        403,
    ]
    assert leader.status(f"/playback/tan-dinh-cam1/index.m3u8?{span}") == 403


def test_the_state_is_of_ones_own_cameras_and_never_an_old_one(portal, leader):
    state = {"state": "off", "since": "2026-03-01T00:00:00Z", "cause": "power", "recording": False, "site": "tan-dinh"}
    file = portal.folder / "state/state.json"
    unknown = {"state": "unknown", "since": None, "cause": None}
    for age_s, expected in ((0, {key: state[key] for key in unknown}), (60, unknown), (-60, unknown)):
        written = datetime.fromtimestamp(time.time() - age_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        file.with_suffix(".draft").write_text(
            json.dumps({"written": written, "cameras": {"tan-dinh-cam1": state, "lang-giang-cam1": state}})
        )
        file.with_suffix(".draft").replace(file)
        assert leader.get("/api/state").json == {"written": written, "cameras": {"tan-dinh-cam1": expected, "tan-dinh-cam2": unknown}}
    file.write_text("{")
    assert leader.get("/api/state").json["cameras"]["tan-dinh-cam1"] == unknown
    file.unlink()
    assert leader.get("/api/state").json == {"written": None, "cameras": {"tan-dinh-cam1": unknown, "tan-dinh-cam2": unknown}}


def test_the_main_stream_is_asked_for_where_there_is_room(portal, leader):
    answers, asked = {"start tan-dinh-cam1\n": "ok 30\n", "start tan-dinh-cam2\n": "no_room\n"}, []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(portal.folder / "demand.sock"))
        server.listen()

        def serve():
            for _ in answers:
                connection, _ = server.accept()
                with connection, connection.makefile("rw") as line:
                    asked.append(line.readline())
                    line.write(answers[asked[-1]])

        thread = threading.Thread(target=serve)
        thread.start()
        said = [leader.ask("POST", f"/api/demand/tan-dinh-cam{number}", {}) for number in (1, 2)]
        assert leader.ask("POST", "/api/demand/lang-giang-cam1", {}).status == 403
        thread.join(10)
    assert [(one.status, one.json) for one in said] == [(202, {"seconds": 30}), (409, {"error": "no_room"})]
    assert asked == list(answers), "nobody else's camera was asked for"
    (portal.folder / "demand.sock").unlink()
    assert leader.ask("POST", "/api/demand/tan-dinh-cam1", {}).status == 503


# --- who watched what -----------------------------------------------------------------------------------------------------------


def viewings(portal, **wanted):
    rows = portal.viewer("log", str(time.time() - 3600), str(time.time() + 60))["viewings"]
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def test_every_viewing_is_one_row_with_who_what_and_how_long(portal):
    person = portal.person("truc-ban", "127.0.0.20")
    for minute in (0, 1, 2):
        assert auth(person, f"/playback/xuong-lam-cam1/{stamp(BEGIN_S + 60 * minute)}.ts") == 204
    assert auth(person, "/live/xuong-lam-cam2/index.m3u8") == 204
    (live,) = eventually(lambda: viewings(portal, address="127.0.0.20", kind="live"))
    assert (live["account"], live["viewer"], live["camera"]) == ("truc-ban", "truc-ban", "xuong-lam-cam2")
    portal.down(signal.SIGTERM)
    (row,) = viewings(portal, address="127.0.0.20", kind="playback")
    assert (row["camera"], row["footage_from_s"] - BEGIN_S, row["footage_until_s"] - BEGIN_S) == ("xuong-lam-cam1", 0, 120)
    assert abs(row["from_s"] - time.time()) < 60 and row["until_s"] >= row["from_s"]
    portal.up()


def test_a_refused_look_is_no_viewing_and_a_machines_has_no_account(portal, leader):
    assert auth(leader, "/live/lang-giang-cam3/index.m3u8") == 403
    assert auth(Person(portal, MACHINE), "/live/lang-giang-cam3/index.m3u8") == 204
    (row,) = eventually(lambda: viewings(portal, camera="lang-giang-cam3"))
    assert (row["account"], row["address"]) == ("", MACHINE)


def test_a_viewing_outlives_a_gate_that_is_killed(portal):
    person = portal.person("tan-dinh", "127.0.0.21")
    assert auth(person, LIVE) == 204
    eventually(lambda: viewings(portal, address="127.0.0.21"))
    portal.down(signal.SIGKILL)
    assert len(viewings(portal, address="127.0.0.21")) == 1
    portal.up()
    assert auth(person, LIVE) == 204


def test_logins_and_refusals_are_written_down(portal, leader):
    events = portal.viewer("log", "0", str(time.time() + 60), "-", "tan-dinh")["events"]
    assert {"invited", "enrolled", "login", "refused"} <= {event["what"] for event in events}
    assert not [event for event in events if PASSWORD in str(event)]


# --- motcua-viewer ---------------------------------------------------------------------------------------------------------------

REFUSED = {
    ("add", "nobody", "A"): "viewers.nobody: the centre knows no such viewer",
    ("add", "tan-dinh", " "): "--name: is empty",
    ("add", "tan-dinh", "A\x1b[2J"): "--name: is empty, too long or not printable",
    ("add", "tan-dinh", "A", "Ä!"): "--account Ä!: has the wrong form",
    ("device", "nobody", "aHViJ3Mga2V5IGFuZCBub2JvZHkgZWxzZSdzISEhISE="): "nobody: is no account that may log in",
    ("device", "tan-dinh", "short"): "the public key is not one of WireGuard",
    ("log", "x", "y"): "log x y: are no times",
    ("list", "x"): "'list' with 1 words: is not known",
    (): "'' with 0 words: is not known",
}


@pytest.mark.parametrize("words", REFUSED, ids=repr)
def test_what_cant_be_done_is_said_in_a_sentence(portal, words):
    said = portal.viewer(*words)["error"]
    assert said.startswith(REFUSED[words]) and "\n" not in said


def test_a_device_gets_an_address_until_its_account_is_disabled(portal):
    account = portal.enrolled("lang-giang", "may-tinh-bang")
    keys = ["aHViJ3Mga2V5IGFuZCBub2JvZHkgZWxzZSdzISEhISE=", "b25lIG1vcmUga2V5IHRoYXQgaXMgMzIgYnl0ZXMhISE="]
    said = [portal.viewer("device", account, key) for key in keys]
    assert [one["address"] for one in said] == ["10.98.0.2", "10.98.0.3"]
    assert (said[0]["portal"], said[0]["endpoint"], said[0]["account"]) == ("10.10.10.1", "203.0.113.10:51822", account)
    peers = portal.folder / "peers.json"
    assert json.loads(peers.read_text()) == [{"public_key": key, "address": one["address"]} for key, one in zip(keys, said, strict=True)]
    portal.viewer("disable", account)
    assert json.loads(peers.read_text()) == []


def test_a_device_dials_in_no_longer_than_an_agreement_holds(portal):
    account = portal.enrolled("cong-an", "xe-truc")
    portal.viewer("device", account, base64.b64encode(bytes(range(32))).decode())
    dials_in = lambda: len(json.loads((portal.folder / "peers.json").read_text()))  # noqa: E731  a question that is asked more than once
    assert dials_in() == 1
    held = portal.settings["viewers"]["cong-an"]["until"]
    for until, devices in (((datetime.now(UTC).date() - timedelta(days=2)).isoformat(), 0), (held, 1)):
        portal.settings["viewers"]["cong-an"]["until"] = until
        portal.write_settings()
        eventually(lambda devices=devices: dials_in() == devices)


def test_two_people_of_one_name_are_two_accounts(portal):
    first, second = (portal.invited("tan-dinh", "Đỗ Thị Ánh")[0] for _ in range(2))
    assert (first, second) == ("do-thi-anh", "do-thi-anh-2")
    assert re.fullmatch("[a-z0-9.-]+", second)

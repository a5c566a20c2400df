"""What recorders answer to a search for footage, vendor by vendor, and how what they found is asked for: from wire facts."""

import re
from xml.etree import ElementTree

import pytest

from tests.unit.backfilling import OFFSET_S, camera

from backfill import dahua, hikvision, onvif  # isort: skip  the role's own package, which backfilling finds
from backfill.errors import Garbled, LoginRefused  # isort: skip
from backfill.found import Answer, Found, rewritten, within  # isort: skip
from backfill.night import closes_s  # isort: skip

T = 1795665600.0  # 2026-11-26 04:00:00 UTC, 11:00:00 in Vietnam


class Device:
    """Answers in order; keeps what it was asked."""

    def __init__(self, *answers):
        self.asked, self._answers = [], list(answers)

    def ask(self, method, target, body=b"", _content_type="application/xml"):
        self.asked.append((method, target, body.decode()))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(*answer[:1], {}, answer[1].encode())


# --- Hikvision ---


def result(word, *rows):
    items = "".join(
        f"<searchMatchItem><trackID>101</trackID><timeSpan><startTime>{a}</startTime><endTime>{b}</endTime></timeSpan>"
        f"<mediaSegmentDescriptor><playbackURI>rtsp://192.168.5.5/Streaming/tracks/101/?starttime=20261126T110000Z&amp;endtime=20261126T120000Z&amp;"
        f"name=00000000166000000&amp;size=1073741824</playbackURI></mediaSegmentDescriptor></searchMatchItem>"
        for a, b in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><CMSearchResult version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">'
        f"<searchID>{{X}}</searchID><responseStatus>true</responseStatus><responseStatusStrg>{word}</responseStatusStrg>"
        f"<numOfMatches>{len(rows)}</numOfMatches><matchList>{items}</matchList></CMSearchResult>"
    )


HOUR = ("2026-11-26T11:00:00Z", "2026-11-26T12:00:00Z")


def test_hikvisions_times_are_local_whatever_stands_behind_them():
    device = Device((200, result("OK", HOUR, ("2026-11-26T12:00:00+08:00", "2026-11-26T13:00:00+08:00"))))
    first, second = hikvision.search(device.ask, camera(channel=3), T, T + 7200)
    assert [(first.from_s, first.until_s), (second.from_s, second.until_s)] == [(T, T + 3600), (T + 3600, T + 7200)]
    ((method, target, body),) = device.asked
    assert (method, target) == ("POST", "/ISAPI/ContentMgmt/search")
    assert "<startTime>2026-11-26T11:00:00Z</startTime><endTime>2026-11-26T13:00:00Z</endTime>" in body
    assert "<trackID>301</trackID>" in body


def test_hikvisions_answer_goes_on_over_pages_from_where_the_last_one_ended():
    device = Device((200, result("MORE", HOUR, HOUR)), (200, result("MORE", HOUR)), (200, result("OK", HOUR)))
    assert len(hikvision.search(device.ask, camera(), T, T + 7200)) == 4
    assert [re.search(r"<searchResultPostion>(\d+)<", body)[1] for _, _, body in device.asked] == ["0", "2", "3"]


def test_hikvision_without_footage_says_so_and_that_is_no_error():
    assert hikvision.search(Device((200, result("NO MATCHES"))).ask, camera(), T, T + 60) == []


def test_too_wide_a_window_for_hikvision_is_asked_in_halves():
    device = Device((500, ""), (200, result("OK", HOUR)), (200, result("NO MATCHES")))
    assert len(hikvision.search(device.ask, camera(), T, T + 3 * 86400)) == 1
    ends = [re.search(r"<endTime>([^<]*)<", body)[1] for _, _, body in device.asked]
    assert ends == ["2026-11-29T11:00:00Z", "2026-11-27T23:00:00Z", "2026-11-29T11:00:00Z"]


@pytest.mark.parametrize(
    "answers",
    [
        [(500, "")],
        [(200, "<html>no</html>")],
        [(200, "\x00\x01")],
        [(200, result("OK", ("yesterday", "today")))],
        [(200, result("MORE"))],
        [(200, "<ResponseStatus><statusCode>4</statusCode></ResponseStatus>")],
    ],
)
def test_hikvisions_garbage_is_never_taken_for_no_footage(answers):
    with pytest.raises(Garbled, match="a-nvr1"):
        hikvision.search(Device(*answers).ask, camera(), T, T + 60)


def test_hikvision_is_played_by_the_answers_own_address_at_the_translated_host_for_the_wanted_seconds():
    device = Device((200, result("OK", HOUR)))
    (found,) = hikvision.search(device.ask, camera(), T, T + 3600)
    play = hikvision.play(camera(), found, T + 600, T + 660)
    assert rewritten(play.uri, "10.64.1.5", 554) == (
        "rtsp://10.64.1.5:554/Streaming/tracks/101/?starttime=20261126T111000Z&endtime=20261126T111100Z&name=00000000166000000&size=1073741824"
    )


def test_hikvisions_clock_is_its_wall_clock():
    said = "<Time><localTime>2026-11-26T11:00:05+08:00</localTime><timeZone>CST-7:00:00</timeZone></Time>"
    assert hikvision.now_s(Device((200, said)).ask, camera()) == T + 5


# --- Dahua ---


def rows(*spans, channel=0, space=""):
    lines = [f"found={len(spans)}"]
    for number, (begin, end) in enumerate(spans):
        at = f"items[{number}].{space}"
        lines += [
            f"{at}Channel={channel}",
            f"{at}StartTime={begin}",
            f"{at}EndTime={end}",
            f"{at}FilePath=/mnt/dvr/sda0/1.dav",
            f"{at}Type=dav",
        ]
    return "\r\n".join(lines) + "\r\n"


DAHUA_HOUR = ("2026-11-26 11:00:00", "2026-11-26 12:00:00")
OK, DONE = (200, "OK\r\n"), [(200, "OK\r\n"), (200, "OK\r\n")]


@pytest.mark.parametrize("space", ["", " "])
def test_dahua_counts_channels_from_1_in_the_question_and_from_0_in_the_answer(space):
    device = Device((200, "result=8137\r\n"), OK, (200, rows(DAHUA_HOUR, channel=1, space=space)), *DONE)
    (found,) = dahua.search(device.ask, camera(channel=2), T, T + 3600)
    assert (found.from_s, found.until_s) == (T, T + 3600)
    targets = [target for _, target, _ in device.asked]
    assert targets[1] == (
        "/cgi-bin/mediaFileFind.cgi?action=findFile&object=8137&condition.Channel=2&condition.Types[0]=dav"
        "&condition.StartTime=2026-11-26%2011:00:00&condition.EndTime=2026-11-26%2012:00:00"
    )
    assert [target.split("action=")[1] for target in targets[3:]] == ["close&object=8137", "destroy&object=8137"]


def test_dahuas_rows_of_other_channels_arent_ours():
    device = Device((200, "result=1\r\n"), OK, (200, rows(DAHUA_HOUR, channel=5)), *DONE)
    assert dahua.search(device.ask, camera(channel=2), T, T + 3600) == []


def test_dahuas_answer_goes_on_until_a_page_isnt_full():
    device = Device((200, "result=1\r\n"), OK, (200, rows(*[DAHUA_HOUR] * 100)), (200, rows(DAHUA_HOUR)), *DONE)
    assert len(dahua.search(device.ask, camera(), T, T + 3600)) == 101


@pytest.mark.parametrize("nothing", [(400, "Error\r\nBad Request!\r\n"), (200, "Error\r\n")])
def test_dahua_without_footage_refuses_the_question_and_that_is_no_error(nothing):
    device = Device((200, "result=1\r\n"), nothing, *DONE)
    assert dahua.search(device.ask, camera(), T, T + 60) == []
    assert len(device.asked) == 4, "the search is given back all the same"


@pytest.mark.parametrize(
    "answers",
    [
        [(501, "Error\r\nNot Implemented!\r\n")],
        [(200, "result=1\r\n"), (403, "Error"), *DONE],
        [(200, "result=1\r\n"), OK, (200, "Error\r\n"), *DONE],
        [(200, "result=1\r\n"), OK, (200, "found=1\r\nitems[0].Channel=0\r\nitems[0].StartTime=soon\r\nitems[0].EndTime=later\r\n"), *DONE],
        [(200, "result=1\r\n"), OK, (200, "found=1\r\nitems[0].Channel=0\r\n"), *DONE],
    ],
)
def test_dahuas_garbage_is_never_taken_for_no_footage(answers):
    with pytest.raises(Garbled, match="a-nvr1"):
        dahua.search(Device(*answers).ask, camera(), T, T + 60)


def test_a_refused_login_in_the_middle_of_a_search_is_the_last_that_dahua_hears():
    device = Device((200, "result=1\r\n"), LoginRefused("no"))
    with pytest.raises(LoginRefused):
        dahua.search(device.ask, camera(), T, T + 60)
    assert len(device.asked) == 2


def test_dahua_is_played_by_channel_and_local_times():
    play = dahua.play(camera(channel=2), Found(T, T + 3600, ""), T, T + 60)
    assert rewritten(play.uri, "10.64.3.5", 554) == (
        "rtsp://10.64.3.5:554/cam/playback?channel=2&starttime=2026_11_26_11_00_00&endtime=2026_11_26_11_01_00"
    )


# --- ONVIF Profile G ---


def soap(inner):
    spaces = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" '
    spaces += " ".join(
        f'xmlns:{prefix}="http://www.onvif.org/ver10/{name}/wsdl"'
        for prefix, name in (("tds", "device"), ("tse", "search"), ("trp", "replay"))
    )
    return f"<s:Envelope {spaces}><s:Body>{inner}</s:Body></s:Envelope>"


def service(name, path):
    return f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace><tds:XAddr>http://192.168.1.108{path}</tds:XAddr></tds:Service>"


SERVICES = (
    200,
    soap(f"<tds:GetServicesResponse>{service('search', '/onvif/search')}{service('replay', '/onvif/replay')}</tds:GetServicesResponse>"),
)
BEGUN = (200, soap("<tse:FindRecordingsResponse><tse:SearchToken>7</tse:SearchToken></tse:FindRecordingsResponse>"))


def recording(token, begin="2026-11-20T00:00:00Z", end="2026-11-26T05:00:00Z", kind="Video"):
    return (
        f"<tt:RecordingInformation><tt:RecordingToken>{token}</tt:RecordingToken><tt:EarliestRecording>{begin}</tt:EarliestRecording>"
        f"<tt:LatestRecording>{end}</tt:LatestRecording><tt:Track><tt:TrackToken>v</tt:TrackToken><tt:TrackType>{kind}</tt:TrackType></tt:Track></tt:RecordingInformation>"
    )


def results(state, *recordings):
    return (
        200,
        soap(
            f"<tse:GetRecordingSearchResultsResponse><tse:ResultList><tt:SearchState>{state}</tt:SearchState>{''.join(recordings)}</tse:ResultList></tse:GetRecordingSearchResultsResponse>"
        ),
    )


REPLAY = (200, soap("<trp:GetReplayUriResponse><trp:Uri>rtsp://192.168.1.108:554/rec?token=R2</trp:Uri></trp:GetReplayUriResponse>"))


def test_onvifs_recordings_are_awaited_and_the_channel_is_theirs_by_order():
    device = Device(
        SERVICES, BEGUN, results("Searching", recording("R1")), results("Completed", recording("A", kind="Audio"), recording("R2")), REPLAY
    )
    (found,) = onvif.search(device.ask, camera(channel=2), T, T + 60)
    assert (found.from_s, found.until_s, found.uri) == (T - 6 * 86400 - 4 * 3600, T + 3600, "rtsp://192.168.1.108:554/rec?token=R2")
    assert [target for _, target, _ in device.asked] == ["/onvif/device_service", *["/onvif/search"] * 3, "/onvif/replay"]
    assert "<RecordingToken>R2</RecordingToken>" in device.asked[-1][2]
    for _, _, body in device.asked:
        ElementTree.fromstring(body)


@pytest.mark.parametrize("there", [(), (recording("R1", end="2026-11-26T03:59:59Z"),), (recording("R1", kind="Metadata"),)])
def test_onvif_without_footage_of_that_time_is_no_error(there):
    assert onvif.search(Device(SERVICES, BEGUN, results("Completed", *there)).ask, camera(), T, T + 60) == []


@pytest.mark.parametrize(
    "answers",
    [
        [(200, soap("<tds:GetServicesResponse/>"))],
        [(500, soap("<s:Fault><s:Reason><s:Text>Optional Action Not Implemented</s:Text></s:Reason></s:Fault>"))],
        [(200, "no xml")],
        [SERVICES, (200, soap("<tse:FindRecordingsResponse/>"))],
        [SERVICES, BEGUN, *[results("Searching")] * 100],
        [SERVICES, BEGUN, results("Completed", recording("R1", begin="long ago"))],
        [SERVICES, BEGUN, results("Completed", recording("R1")), (200, soap("<trp:GetReplayUriResponse/>"))],
    ],
)
def test_onvifs_garbage_is_never_taken_for_no_footage(answers):
    with pytest.raises(Garbled, match="a-nvr1"):
        onvif.search(Device(*answers).ask, camera(), T, T + 60)


def test_onvif_is_replayed_by_the_clock():
    play = onvif.play(camera(), Found(T, T + 3600, "rtsp://192.168.1.108:554/rec?token=R2"), T + 0.5, T + 60)
    assert rewritten(play.uri, "10.64.3.5", 8554) == "rtsp://10.64.3.5:8554/rec?token=R2"
    assert (play.range, play.headers) == (
        "clock=20261126T040000.500Z-20261126T040100.000Z",
        {"Require": "onvif-replay", "Rate-Control": "no"},
    )


# --- what all share ---


def test_only_what_lies_in_a_gap_is_fetched_and_nothing_twice():
    found = [Found(0, 100, "a"), Found(90, 200, "b"), Found(300, 400, "c")]
    assert [(a, b, one.uri) for a, b, one in within(found, [(50, 150), (350, 500)])] == [(50, 100, "a"), (100, 150, "b"), (350, 400, "c")]


@pytest.mark.parametrize(
    ("window", "hour", "closes_in_hours"),
    [
        ("20:00-06:00", 19.99, None),
        ("20:00-06:00", 20, 10),
        ("20:00-06:00", 3, 3),
        ("20:00-06:00", 6, None),
        ("01:00-05:00", 2, 3),
        ("01:00-05:00", 12, None),
    ],
)
def test_a_window_may_go_over_midnight(window, hour, closes_in_hours):
    now_s = T - OFFSET_S + (hour - 4) * 3600  # T is 11:00 there
    found = closes_s(window, "Asia/Ho_Chi_Minh", now_s)
    assert (None if found is None else round((found - now_s) / 3600, 3)) == closes_in_hours

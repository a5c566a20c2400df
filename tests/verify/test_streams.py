"""Streams and recordings: decoded at the centre, as the plan chose them."""


def test_stream_decodes_as_planned(facts, province, recorded, request):
    planned, shown = province.recorded()[recorded], facts(province.hub.name)["streams"][recorded]
    assert "error" not in shown, shown["error"]
    decoded = f"{shown['codec']} {shown['width']}x{shown['height']}, {shown['decoded']} frames decoded"
    request.node.user_properties.append(("decoded", decoded))
    expected = (planned["codec"], planned["width"], planned["height"])
    actual = (shown["codec"], shown["width"], shown["height"])
    assert actual == expected, f"expected {expected}, actual {actual}"
    assert shown["decoded"] > 0, f"expected decoded frames, actual none: {shown['complaints']}"
    assert not shown["complaints"], shown["complaints"]


def test_stream_has_the_planned_frame_rate(facts, province, recorded):
    planned, shown = province.recorded()[recorded], facts(province.hub.name)["streams"][recorded]
    assert "error" not in shown, shown["error"]
    fps = shown["frames"] / shown["duration_s"]
    assert abs(fps - planned["fps"]) <= 0.1 * planned["fps"], f"expected {planned['fps']} frames a second, actual {fps:.1f}"


def test_recording_grows_and_decodes(facts, province, recorded):
    shown = facts(province.hub.name)["recordings"][recorded]
    assert "error" not in shown, shown["error"]
    assert shown["grown"], f"expected {shown['file']} to grow, it didn't"
    assert shown["decoded"] > 0, f"expected decoded frames, actual none: {shown['complaints']}"


def test_notice_of_recording_was_seen(province, recording_site):
    seen, where = province.province.sites[recording_site].recording_notice, f"sites.{recording_site}.recording_notice"
    assert seen is not None, f"expected a notice that people are recorded; put one up and write the day on which it was seen as {where}"


def test_camera_has_a_planned_stream(province, camera):
    assert camera in province.recorded(), "expected a stream to the centre, but the line has no room for even the smallest"

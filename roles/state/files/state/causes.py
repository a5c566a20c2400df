"""Why something can't be seen, from what is seen on the way outwards. Tables: the first row that fits says it.

A cause is only as sharp as what was seen: where two things would look the same from here, both are in its name.
"""

from dataclasses import astuple, dataclass

ANY = "any"  # in a row: whatever was seen


@dataclass(frozen=True)
class Site:
    """What is seen of a site of which no tunnel answers. None: can't be told from here.

    ``everyone_down``: no site answers, and there are several. ``centre_up``: some line of the centre by which this site comes works.
    ``provider_down``: each of its lines is of a provider most of whose other lines died in the same moment.
    ``gateway_lost``: the provider's own equipment before each of its lines answered before and doesn't any more.
    ``together``: lines of different providers died in the same moment.
    """

    everyone_down: object = ANY
    centre_up: object = ANY
    provider_down: object = ANY
    gateway_lost: object = ANY
    together: object = ANY


@dataclass(frozen=True)
class Line:
    """What is seen of one silent line of a site that answers by another; fields as those of a site."""

    centre_up: object = ANY
    provider_down: object = ANY


@dataclass(frozen=True)
class Camera:
    """What is seen of a camera that sends nothing, at a site whose router answers (``router``).

    ``everyone_silent``: no camera of the province sends anything, though devices of several sites take connections.
    ``recorder_runs``: its own recorder at the centre runs. ``answers``: the device that should send takes connections.
    ``same_device_live``: another camera of the same recorder at the site lives; None when there is none.
    ``siblings_live``: a camera of another device of the site lives; None when there is none.
    """

    router: object = ANY
    everyone_silent: object = ANY
    recorder_runs: object = ANY
    answers: object = ANY
    same_device_live: object = ANY
    siblings_live: object = ANY


SITE = (
    (Site(everyone_down=True), "centre"),
    (Site(centre_up=False), "centre"),
    (Site(provider_down=True), "provider"),
    (Site(gateway_lost=True), "line"),
    (Site(together=True), "power"),
    (Site(), "line_or_power"),
)
LINE = (
    (Line(centre_up=False), "centre"),
    (Line(provider_down=True), "provider"),
    (Line(), "line"),
)
CAMERA = (
    (Camera(router=None), "unknown"),
    (Camera(everyone_silent=True), "centre"),
    (Camera(recorder_runs=False), "centre"),
    (Camera(answers=True), "camera"),
    (Camera(same_device_live=True), "camera"),
    (Camera(same_device_live=False, siblings_live=True), "recorder"),
    (Camera(siblings_live=True), "camera"),
    (Camera(same_device_live=False), "recorder_or_switch"),
    (Camera(siblings_live=False), "switch"),
    (Camera(), "camera_or_switch"),
)

WORDS = {
    "camera": {
        "vi": "Do camera: các camera khác của điểm vẫn hoạt động hoặc camera vẫn trả lời",
        "en": "The camera: others of the site live, or it answers and sends nothing",
    },
    "recorder": {
        "vi": "Do đầu ghi tại điểm: mọi camera của đầu ghi đều mất, camera khác vẫn hoạt động",
        "en": "The site's recorder: all its cameras are gone, others live",
    },
    "recorder_or_switch": {
        "vi": "Do đầu ghi, bộ chuyển mạch hoặc nguồn điện của chúng",
        "en": "The site's recorder, its switch or their power",
    },
    "switch": {
        "vi": "Do bộ chuyển mạch camera hoặc nguồn điện của nó: bộ định tuyến vẫn trả lời",
        "en": "The cameras' switch or its power: the router answers",
    },
    "camera_or_switch": {
        "vi": "Do camera, bộ chuyển mạch hoặc nguồn điện: điểm chỉ có một camera",
        "en": "The camera, its switch or their power: the site has no other",
    },
    "power": {
        "vi": "Do mất điện hoặc bộ định tuyến: các đường truyền khác nhà mạng mất cùng lúc",
        "en": "Power or the router: lines of different providers died in the same moment",
    },
    "line": {
        "vi": "Do đường truyền",
        "en": "The line",
    },
    "line_or_power": {
        "vi": "Do đường truyền, bộ định tuyến hoặc mất điện: từ trung tâm không phân biệt được",
        "en": "The line, the router or its power: they can't be told apart from the centre",
    },
    "provider": {
        "vi": "Do nhà mạng: nhiều điểm của cùng nhà mạng mất cùng lúc",
        "en": "The provider: many of its lines died together",
    },
    "centre": {
        "vi": "Do trung tâm: đường truyền hoặc máy ghi của trung tâm",
        "en": "The centre's own line or recorder",
    },
    "unknown": {
        "vi": "Không xác định được",
        "en": "Could not be told",
    },
}


def cause(table, seen):
    """The cause that a table of this module gives for what is seen."""
    return next(found for row, found in table if _fits(astuple(row), astuple(seen)))


def _fits(row, seen):
    return all(wanted in (ANY, found) for wanted, found in zip(row, seen, strict=True))

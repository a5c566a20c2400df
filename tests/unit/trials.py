"""A run of acceptance as it might have been measured, good unless a test says otherwise."""

from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import Office, Path, Pictures, Trial
from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance.judged import Planned
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding

PLANNED = {name: Planned(25.0, 2048.0) for name in ("lang-giang-cam1", "lang-giang-cam2", "lang-giang-cam3")}
RUN_S = 1200.0


def pictures(**changes):
    return Pictures(**({"seen_s": 1198.0, "frames": 29950, "kbps": 2011.0, "peak_kbps": 2178.0} | changes))


def case(status="pass", check="tunnel answers: centre-tslcd", actual=None):
    return Finding("lang-giang-router", "lang-giang", "tunnels", check, status, "it answers", actual)


def trial(**changes):
    """Twenty minutes of three cameras at which nothing is wrong."""
    good = {
        "site": "lang-giang",
        "begun": "2026-11-26T21:30:05+07:00",
        "ended": "2026-11-26T21:53:40+07:00",
        "minutes": 20,
        "unfinished": "",
        "notice": "2026-09-01",
        "pictures": {name: pictures() for name in PLANNED},
        "paths": {"centre-tslcd": Path(1200, 1199, 9.4), "centre-ftth": Path(1200, 1196, 14.8)},
        "verified": {phase: (case(), case("skipped", "camera reaches no internet")) for phase in ("before", "during", "after")},
        "office": Office("ftth", 8000.0, 7950.0),
        "rebooted": {"lang-giang-cam1": "", "lang-giang-nvr1": ""},
    }
    return Trial(**(good | changes))

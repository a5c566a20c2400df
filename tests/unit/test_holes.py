"""Known holes: every rule finds what it is about and leaves alone what it isn't, and what nobody knows is never fine."""

import json
from datetime import date
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.firmware import Version, read_build, read_track, read_version
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.holes import RULES, device_of, holes_of

HIK, DAHUA, MIKROTIK = {"vendor": "hikvision"}, {"vendor": "dahua"}, {"platform": "routeros"}
FILE = json.loads(Path("plugins/plugin_utils/catalogue/vuln_rules.json").read_text(encoding="utf-8"))


def says(model, firmware=None, build=None, **more):
    return {"model": model, "firmware": firmware, "build": build} | more


# By the rule's place in vuln_rules.json: (what a device says, its certainty, the rule's answer). None: the device hasn't the hole.
CASES = {
    0: [
        (HIK | says("DS-2CD2032F-I", "V5.4.0", "build 160530"), "certain"),
        (HIK | says("DS-2CD2032F-I", "V5.3.3 build 150916"), "certain"),
        (HIK | says("DS-2CD2032F-I", "V5.3.3"), "certain"),
        (HIK | says("DS-2CD2032F-I", "V5.4.0"), "possible"),
        (HIK | says("DS-2CD2032F-I"), "possible"),
        (HIK | says("DS-2CD2032F-I", "V5.4.5 build 170123"), None),
        (HIK | says("DS-2CD2032F-I", "V5.4.0", "build 160531"), None),
    ],
    1: [
        (HIK | says("DS-2CD2020F-I", "V5.4.0", "160401"), "certain"),
        (HIK | says("DS-2CD2020F-I", None, "160402"), None),
        (HIK | says("DS-2CD2032F-I", None, "160401"), None),
    ],
    2: [
        (HIK | says("DS-2CD2142FWD-IS", "V5.4.1 build 160525"), "certain"),
        (HIK | says("DS-2CD2142FWD-IS", "V5.4.41 build 170310"), None),
        (HIK | says("DS-2CD2142FWD-IS", "V5.3.0 build 150327"), None),
    ],
    3: [(HIK | says("DS-2CD4024FWD", "V5.3.0", "build 150513"), "certain"), (HIK | says("DS-2CD4024FWD", "V5.4.0", "build 160415"), None)],
    4: [(HIK | says("DS-2CD4A25FWD-IZ", None, "2015-05-13"), "certain"), (HIK | says("DS-2CD4A25FWD-IZ", "V5.5.0 build 170725"), None)],
    5: [(HIK | says("DS-2DF8223I-AEL", "V5.4.5 build 160928"), "certain"), (HIK | says("DS-2DF8223I-AEL", "V5.4.5 build 160929"), None)],
    6: [(HIK | says("DS-2CD6362F-IVS", "V5.3.5 build 160106"), "certain"), (HIK | says("DS-2CD6362F-IVS", "V5.4.5 build 161028"), None)],
    7: [
        (HIK | says("DS-2CD2143G0-I", "V5.6.3", "build 190923"), "possible"),
        (HIK | says("IPC-B140H", maker="HiLook"), "possible"),
        (HIK | says("DS-2CD2143G2-I", "V5.7.15", "build 230313"), None),
        (HIK | says("DS-2CD2143G0-I", "V5.5.800", "build 210625"), None),
        (DAHUA | says("IPC-HFW2431S", None, "2019-01-01"), None),
    ],
    8: [
        (HIK | says("iDS-7208HQHI-M1/S(C)", "V4.30.301", "build 221123"), "certain"),
        (HIK | says("iDS-7208HQHI-M1/S(C)", "V4.30.301"), "possible"),
        (HIK | says("DS-7204HGHI-F1", "V4.20.000", "build 190201"), "possible"),
        (HIK | says("iDS-7208HQHI-M1/S(C)", "V4.30.301", "build 230821"), None),
        (HIK | says("iDS-7208HQHI-M1/S(C)", "V3.5.50", "build 180712"), None),
        (HIK | says("DS-7608NI-K2", "V4.30.005", "build 200525"), None),
    ],
    9: [
        (HIK | says("DS-7608NI-M2/8P", "V5.01.100", "build 230811"), "certain"),
        (HIK | says("DS-7604NI-K1 / 4P(B)", "V4.30.096build221220"), "certain"),
        (HIK | says("DS-7604NI-K1/4P(B)", "V4.30.096"), "possible"),
        (HIK | says("DS-7604NI-M1/4P", "V5.01.050"), "certain"),
        (HIK | says("DS-7608NXI-K2", "V5.00.050"), "possible"),
        (HIK | says("DS-7604NI-M1/4P", "V5.01.070"), None),
        (HIK | says("DS-7608NI-M2/8P", "V5.02.006"), None),
        (HIK | says("DS-7608NI-M2/8P", "V4.75.011"), None),
        (HIK | says("DS-7604NI-K1/4P(B)", "V4.30.097 build 230307"), None),
    ],
    10: [
        (DAHUA | says("DH-IPC-HFW4431R-Z", "2.420.0000000.22.R", "2016-11-05"), "possible"),
        (DAHUA | says("IPC-HFW4431R-Z", "2.460.0000000.16.R", "2017-03-14"), None),
        (DAHUA | says("IPC-HFW5442E-ZE", None, "2016-11-05"), None),
    ],
    11: [
        (DAHUA | says("IPC-HFW3241E-AS", "2.800.0000000.16.R", "2020-12-03"), "certain"),
        (DAHUA | says("DH-IPC-HDBW5442E-ZE", "2.820.0000000.5.R.210704"), "certain"),
        (DAHUA | says("SD49225XA-HNR", None, "2020-08-12"), "possible"),
        (DAHUA | says("KX-C4012"), "possible"),
        (DAHUA | says("IPC-HFW3241E-AS", "2.840.0000000.28.R", "2022-08-26 build"), None),
        (DAHUA | says("IPC-HDBW5442E-ZE", "2.820.0000000.5.R.210705"), None),
        (DAHUA | says("IPC-HFW1230S", None, "2019-01-01"), None),
    ],
    12: [
        (DAHUA | says("DHI-NVR4108HS-8P-4KS2", "4.001.0000000.3", "2021-07-12"), "certain"),
        (DAHUA | says("NVR2104-4KS2", "4.000", "2020-01-10"), "certain"),
        (DAHUA | says("XVR5108HS-X", None, "2021-07-09"), "certain"),
        (DAHUA | says("IPC-HFW1230S", None, "2021-06-01"), "possible"),
        (DAHUA | says("DHI-NVR4108HS-8P-4KS2", None, "2021-07-13"), None),
        (DAHUA | says("IPC-HFW1230S", None, "2021-07-01"), None),
    ],
    13: [
        (DAHUA | says("IPC-HFW1230S", "2.840.0000000.28.R", "2024-11-02"), "possible"),
        (DAHUA | says("IPC-HFW1230S", "2.880.0000000.16.R", "2025-04-16"), None),
        (DAHUA | says("IPC-HFW5442E-ZE", None, "2024-11-02"), None),
    ],
    14: [
        (DAHUA | says("SD3A400-GN-A-PV", None, "2024-01-15"), "possible"),
        (DAHUA | says("SD3A400-GN-A-PV", None, "2025-05-01"), None),
        (DAHUA | says("SD49225XA-HNR", None, "2024-01-15"), None),
    ],
    15: [
        ({"vendor": "uniview"} | says("IPC322LB-SF28-A", "CIPC-B2303.2.8.230105"), "certain"),
        ({"vendor": "uniview"} | says("IPC322LB-SF28-A", "DIPC-B1213.6.4.221201"), "certain"),
        ({"vendor": "uniview"} | says("IPC322LB-SF28-A", "GIPC-B6202.7.1.220101"), "possible"),
        ({"vendor": "uniview"} | says("IPC322LB-SF28-A"), "possible"),
        ({"vendor": "uniview"} | says("IPC322LB-SF28-A", "CIPC-B2303.2.9.230505"), None),
        ({"vendor": "uniview"} | says("IPC2122LB-SF28-A", "CIPC-B2303.2.8.230105"), None),
    ],
    16: [
        ({"vendor": "hanwha"} | says("XRN-420S", "5.01.52"), "certain"),
        ({"vendor": "hanwha"} | says("XRN-420S", "5.01.54"), None),
        ({"vendor": "hanwha"} | says("XRN-820S", "5.01.52"), None),
    ],
    17: [
        ({"vendor": "axis"} | says("AXIS M3045-V", "6.50.1"), "possible"),
        ({"vendor": "axis"} | says(None), "possible"),
        ({"vendor": "axis"} | says("AXIS M3045-V", "9.80.2.2"), None),
        ({"vendor": "axis"} | says("AXIS P1344", "5.51.5"), None),
    ],
    18: [
        (says(None, maker="no name", banners=("Server: GNU rsp/1.0",)), "possible"),
        (says(None, maker="no name", banners=("Server: nginx",)), None),
    ],
    19: [
        (says("DVR-4216", None, "2022-05-11", maker="TBK"), "certain"),
        (says("TBK-DVR4104", maker="TBK"), "possible"),
        (says("DVR-4104", None, "2024-05-01", maker="TBK"), None),
        (says("DVR-4116", None, "2022-05-11", maker="TBK"), None),
    ],
    20: [
        ({"vendor": "onvif"} | says("AVM1203", "FullImg-1023-1007-1011-1009"), "certain"),
        (says("AVM1203", maker="AVTECH"), "possible"),
        (says("AVM1203", "FullImg-1024-1007-1011-1009", maker="AVTECH"), None),
        (says("AVM1204", "FullImg-1023-1007-1011-1009", maker="AVTECH"), None),
    ],
    21: [
        ({"vendor": "onvif"} | says("DCS-2530L", "1.05.04"), "certain"),
        (says("DCS-2530L", "1.06.01", maker="D-Link"), "possible"),
        (says("DCS-2670L", "2.02", maker="D-Link"), "certain"),
        (says("DCS-2670L", "2.03", maker="D-Link"), None),
        (says("DCS-2530L", "1.07.00", maker="D-Link"), None),
        (says("DCS-6511", "1.16.00", maker="D-Link"), None),
    ],
    22: [(says(None, maker="TVT", banners=("<title>NVMS-1000</title>",)), "certain"), (says("TD-2104TS-CL", maker="TVT"), None)],
    23: [
        (says("TD-2104TS-CL", "1.3.4.22966B181219.D00.U1(4A21S)", maker="TVT"), "certain"),
        (says("TD-2104TS-CL", "1.3.4", maker="TVT"), "possible"),
        (says("TD-2104TS-CL", "1.3.4.40000B200815.D00", maker="TVT"), None),
        (says("TD-2104TS-CL", "1.4.1.12345B181219", maker="TVT"), None),
    ],
    24: [(says("NBD7804", ports=(80, 34567), maker="no name"), "possible"), (says("NBD7804", ports=(80, 554), maker="no name"), None)],
    25: [
        (says("IC-7100P", maker="Edimax"), "certain"),
        (says(None, maker="Edimax"), "possible"),
        (says("IC-3140W", maker="Edimax"), None),
    ],
    26: [
        (says("GV-VS14", maker="GeoVision"), "certain"),
        ({"vendor": "onvif"} | says("GV-FE420"), "certain"),
        (says(None, maker="GeoVision"), "possible"),
        (says("GV-TDR4700", maker="GeoVision"), None),
    ],
    27: [(says("GV-VS12", maker="GeoVision"), "certain"), (says("GVLX 4 V3", maker="GeoVision"), "certain"), (says("GV-VS14", maker="GeoVision"), None)],
    28: [
        (says("RLC-422W", "v1.0.227", maker="Reolink"), "certain"),
        (says("C2 Pro", maker="Reolink"), "possible"),
        (says("RLC-422W", "v2.0.0.448_18061600", maker="Reolink"), None),
        (says("RLC-810A", "v1.0.227", maker="Reolink"), None),
    ],
    29: [
        (says("RLC-410W", "v3.0.0.136_20121102", maker="Reolink"), "certain"),
        (says("RLC-410W", "v3.0.0.494_21070807", maker="Reolink"), "possible"),
        (says("RLC-410", "v3.0.0.136_20121102", maker="Reolink"), None),
    ],
    30: [
        (says("NVRmini 2", "3.10.0", maker="NUUO"), "certain"),
        (says("NVRmini2", "3.11.0", maker="NUUO"), "certain"),
        (says("NVRmini2", "3.12.0", maker="NUUO"), None),
        (says("NVRsolo", "3.10.0", maker="NUUO"), None),
    ],
    31: [(says("NVRmini", maker="NUUO"), "possible"), (says("NVRmini2", maker="NUUO"), None)],
    32: [
        (says("DS-2105 Pro", "3.1.0.71-11", maker="Digiever"), "certain"),
        (says("DS-2105 Pro", "3.2.0.10", maker="Digiever"), "possible"),
        (says("DS-2112 Pro", "3.1.0.71-11", maker="Digiever"), None),
    ],
    33: [
        (DAHUA | says("IP2M-841B", "2.420.AC00.17.R", "2019-05-05", maker="Amcrest"), "certain"),
        (DAHUA | says("IP4M-1051", maker="Amcrest"), "possible"),
        (DAHUA | says("IP2M-841B", None, "2020-02-17", maker="Amcrest"), None),
        (DAHUA | says("IPC-HFW1230S", None, "2019-05-05"), None),
    ],
    34: [
        (MIKROTIK | says("RB750Gr3", "6.42"), "certain"),
        (MIKROTIK | says("RB750Gr3", "6.39.2 (stable)"), "certain"),
        (MIKROTIK | says("RB750Gr3", "6.40.9 (bugfix)"), "possible"),
        (MIKROTIK | says("RB750Gr3"), "possible"),
        (MIKROTIK | says("RB750Gr3", "6.42.1"), None),
        (MIKROTIK | says("RB750Gr3", "7.15.3 (stable)"), None),
    ],
    35: [
        (MIKROTIK | says("RB750Gr3", "6.41.2"), "possible"),
        (MIKROTIK | says("RB750Gr3", "6.42rc20"), "possible"),
        (MIKROTIK | says("RB750Gr3", "6.42rc27"), None),
        (MIKROTIK | says("RB750Gr3", "6.41.3"), None),
    ],
    36: [
        (MIKROTIK | says("hAP ac2", "6.49.6 (stable)"), "certain"),
        (MIKROTIK | says("hAP ac2", "6.48.6 (long-term)"), "certain"),
        (MIKROTIK | says("hAP ac2", "6.49.6"), "possible"),
        (MIKROTIK | says("hAP ac2", "6.49.7 (stable)"), None),
        (MIKROTIK | says("hAP ac2", "6.49.2 (long-term)"), None),
    ],
    37: [
        ({"platform": "draytek"} | says("Vigor2960", "1.4.4_Beta"), "certain"),
        ({"platform": "draytek"} | says("Vigor 3900"), "possible"),
        ({"platform": "draytek"} | says("Vigor2960", "1.5.1"), None),
        ({"platform": "draytek"} | says("Vigor2925", "3.8.9"), None),
    ],
    38: [
        ({"platform": "draytek"} | says("Vigor300B", "1.4.4"), "certain"),
        ({"platform": "draytek"} | says("Vigor300B", "1.5.1.4"), None),
    ],
    39: [
        ({"platform": "draytek"} | says("Vigor3910", "4.3.2.6"), "certain"),
        ({"platform": "draytek"} | says("Vigor2925", "3.9.9.1"), "possible"),
        ({"platform": "draytek"} | says("Vigor3910", "4.3.2.8"), None),
    ],
    40: [
        ({"platform": "draytek"} | says("Vigor2960", "1.5.1.4"), "certain"),
        ({"platform": "draytek"} | says("Vigor2960", "1.5.1.3"), "possible"),
        ({"platform": "draytek"} | says("Vigor2960", "1.5.1.5"), None),
    ],
    41: [({"platform": "ont"} | says("DASAN H660GM"), "possible"), ({"platform": "ont"} | says("GW040-NS"), None)],
    42: [
        ({"platform": "ont"} | says(None, banners=("Server: miniigd UPnP/1.0",)), "certain"),
        ({"platform": "ont"} | says(None, ports=(9034,)), "possible"),
        ({"platform": "ont"} | says(None, ports=(80,), banners=("Server: mini_httpd",)), None),
    ],
}  # fmt: skip


def test_every_rule_has_a_device_that_it_finds_and_one_that_it_leaves_alone():
    assert len(RULES) == len(FILE["rules"]) == 43
    lacking = [index for index in range(len(RULES)) if {expected is None for _, expected in CASES.get(index, [])} != {True, False}]
    assert not lacking, f"rules {lacking} of vuln_rules.json lack a positive or a negative case here"


@pytest.mark.parametrize(("index", "said", "expected"), [(index, *case) for index, cases in CASES.items() for case in cases])
def test_a_rule(index, said, expected):
    hole = RULES[index].hole(device_of(**said))
    assert (hole and hole.certainty) == expected
    if hole is not None:
        assert hole.certainty == "certain" or hole.why not in ("in_range", "always")
        assert hole.cve in {one.cve for one in holes_of(**said)}


def test_the_file_keeps_what_people_need_to_decide():
    for raw in FILE["rules"]:
        assert raw["cves"] and raw["advice"] and raw["source"] and raw["confidence"], raw
        assert raw["action"] in ("upgrade", "upgrade_or_replace", "replace", "provider")
        assert all(line["confidence"] in ("V", "M") for line in raw["affected"])
    kev = {cve for raw in FILE["rules"] if raw["kev"] for cve in raw["cves"]}
    assert {"CVE-2017-7921", "CVE-2021-36260", "CVE-2021-33044", "CVE-2018-14847", "CVE-2024-12987"} <= kev
    assert RULES[0].kev == date(2026, 3, 5) and RULES[42].kev == date(2021, 11, 3)


REMEMBERED = [index for index, raw in enumerate(FILE["rules"]) if all(line["confidence"] == "M" for line in raw["affected"])]


@pytest.mark.parametrize("index", REMEMBERED)
def test_a_remembered_range_is_never_certain(index):
    assert {RULES[index].hole(device_of(**said)).certainty for said, expected in CASES[index] if expected} == {"possible"}


@pytest.mark.parametrize("index", range(43))
def test_an_unknown_build_leaves_a_hole_possible(index):
    """The same devices with their firmware taken away: none becomes certain by a range, none that had the hole is cleared."""
    for said, expected in CASES[index]:
        if expected is None:
            continue
        hole = RULES[index].hole(device_of(**said | {"firmware": None, "build": None}))
        assert hole is not None
        assert hole.certainty == "possible" or hole.why == "always"


def test_one_cve_is_said_once_and_the_worst_first():
    holes = holes_of("dahua", "NVR2104-4KS2", "4.000", "2016-01-10")
    assert [hole.cve for hole in holes] == list(dict.fromkeys(hole.cve for hole in holes))
    assert holes[0].cve == "CVE-2021-33045" and holes[0].certainty == "certain"
    assert holes[0].seen == "4.000, build 2016-01-10" and holes[0].limit == "build < 2021-07-10"


def test_another_makers_device_has_none():
    assert holes_of("dahua", "DS-2CD2032F-I", "V5.4.0", "build 160530") == ()
    assert holes_of("hikvision", "DS-2CD2143G2-I", "V5.7.15", "build 230313") == ()


FIRMWARE = {
    "V5.4.5 build 170123": ((5, 4, 5), date(2017, 1, 23)),
    "build 210625": (None, date(2021, 6, 25)),
    "210625": (None, date(2021, 6, 25)),
    "2.840.0000000.28.R": ((2, 840, 0, 28), None),
    "2.800.0000000.29.R.210630": ((2, 800, 0, 29), date(2021, 6, 30)),
    "2022-08-26": (None, date(2022, 8, 26)),
    "2022-08-26 build": (None, date(2022, 8, 26)),
    "6.49.6 (stable)": ((6, 49, 6), None),
    "1.5.1.4": ((1, 5, 1, 4), None),
    "CIPC-B2303.2.8.230105": ((2303, 2, 8, 230105), date(2023, 1, 5)),
    "V4.30.096build221220": ((4, 30, 96), date(2022, 12, 20)),
    "1.3.4.22966B181219.D00.U1(4A21S)": ((1, 3, 4, 22966), date(2018, 12, 19)),
    "v3.0.0.136_20121102": ((3, 0, 0, 136), date(2012, 11, 2)),
    "FullImg-1023-1007-1011-1009": ((1023, 1007, 1011, 1009), None),
    "không rõ": (None, None),
    "": (None, None),
    "build 219999": (None, None),
}


@pytest.mark.parametrize("text", FIRMWARE)
def test_firmware_is_read_as_devices_write_it(text):
    numbers, build = FIRMWARE[text]
    version = read_version(text)
    assert (version and version.numbers) == numbers
    assert read_build(text) == build


def test_versions_are_ordered_as_their_makers_do():
    order = ["6.40.9", "6.42beta2", "6.42rc20", "6.42rc27", "6.42", "6.42.1", "6.49.10", "7.1"]
    assert sorted(order, key=read_version) == order
    assert read_version("6.42") == read_version("6.42.0") == Version((6, 42))
    assert [read_track(text) for text in ("6.49.6 (stable)", "6.48.6 (long-term)", "6.40.9 (bugfix)", "6.42")] == [
        "stable",
        "long-term",
        "long-term",
        None,
    ]

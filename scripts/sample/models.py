"""What stands at one-stop offices: models with what they run and can do, and how often each is found. Typical, not counted.

Shares follow the market (Hikvision and Dahua with their brands about 90 %); firmware and builds are of the kind that these models shipped
with, so that some have the holes which the rules know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Model:
    """A model: its share, the middle year in which it was bought, ``firmware|build`` that it runs, and what its streams can do."""

    share: int
    vendor: str
    name: str
    bought: int
    runs: tuple[str, ...]
    codecs: str = "h264 h265"
    main: str = "1920x1080@25"
    sub: str = "704x576@25"  # many stop at D1
    third: str = ""
    more: dict[str, Any] = field(default_factory=dict)


OLD = {"scheme": "http"}
CAMERAS = (
    Model(11, "hikvision", "DS-2CD1121-I", 2018, ("V5.5.53|build 180710", "V5.5.82|build 190220"), "h264", more=OLD),
    Model(13, "hikvision", "DS-2CD1023G0E-I", 2020, ("V5.5.84|build 190815", "V5.5.120|build 211115")),
    Model(6, "hikvision", "DS-2CD1043G0-I", 2020, ("V5.5.85|build 200521", "V5.7.15|build 230313"), main="2560x1440@20"),
    Model(7, "hikvision", "DS-2CD2121G0-I", 2019, ("V5.6.3|build 190923", "V5.7.12|build 221115"), sub="640x480@25"),
    Model(4, "hikvision", "DS-2CD2143G2-I", 2022, ("V5.7.3|build 220112",), main="2688x1520@25", sub="640x480@25", third="1280x720@25"),
    Model(2, "hikvision", "DS-2CD2032F-I", 2015, ("V5.2.5|build 141201", "V5.4.5|build 170123"), "h264", sub="640x480@25", more=OLD),
    Model(2, "hikvision", "DS-2CD2020F-I", 2015, ("V5.3.0|build 150513",), "h264", more=OLD),
    Model(3, "hikvision", "IPC-B120H", 2019, ("V5.5.82|build 190220",), "h264 h265", sub="640x360@25"),  # HiLook
    Model(2, "hikvision", "HDS-2221IRP8", 2019, ("V5.5.61|build 180718",), "h264"),  # HDParagon
    Model(9, "dahua", "IPC-HFW1230S-S5", 2021, ("2.820.0000000.18.R|2021-09-22", "2.800.0000000.29.R|2020-12-24")),
    Model(8, "dahua", "IPC-HDW1230T1-S4", 2020, ("2.800.0000000.8.R|2020-05-09",)),
    Model(3, "dahua", "IPC-HDW1120S", 2016, ("2.420.0000.22.R|2016-08-12",), "h264", "1280x960@25", more=OLD),
    Model(4, "dahua", "IPC-HFW2431S-S-S2", 2022, ("2.840.0000000.13.R|2022-07-06",), main="2560x1440@25", third="1280x720@25"),
    Model(8, "dahua", "KX-A2011TN3", 2021, ("2.800.0000000.19.R|2021-01-14",)),  # KBVision
    Model(5, "dahua", "KX-C4012", 2022, ("2.840.0000000.9.R|2022-03-02",), main="2560x1440@25"),
    Model(4, "uniview", "IPC322LB-SF28-A", 2021, ("CIPC-B2303.2.7.211119|2021-11-19",), sub="720x576@25"),
    Model(2, "uniview", "IPC2122LB-SF28-A", 2022, ("CIPC-B2303.2.9.230628|2023-06-28",), sub="720x576@25"),
    Model(1, "hanwha", "QNV-6012R", 2021, ("1.41.02|2021-03-15",), third="640x360@25"),
    Model(2, "onvif", "VP-2491IPC", 2018, ("3.2.1|2018-04-02",), "h264", more={"stream_path": "/live/main", **OLD}),  # Vantech
)
BETTER_CAMERAS = (  # districts and the province buy these too
    Model(5, "axis", "M3045-V", 2018, ("8.40.1.1|2018-09-28", "9.80.3.9|2022-02-21"), "h264", sub="1280x720@25"),
    Model(5, "axis", "P3245-V", 2022, ("10.12.130|2022-09-26",), sub="1280x720@25", third="640x360@25"),
    Model(6, "hanwha", "XND-6080R", 2020, ("1.41.01|2020-11-05",), third="640x360@25"),
    Model(5, "dahua", "SD49225XA-HNR", 2021, ("2.812.0000007.0.R|2020-12-02",), sub="1280x720@25"),
    Model(9, "hikvision", "DS-2CD2143G2-I", 2022, ("V5.7.3|build 220112",), main="2688x1520@25", sub="640x480@25", third="1280x720@25"),
)
# A recorder's ``main`` and ``sub`` are what it gives of an analogue camera; ``more`` says its channels.
NVRS = (
    Model(14, "hikvision", "DS-7604NI-K1", 2020, ("V4.30.005|build 190923",), more={"channels": 4}),
    Model(12, "hikvision", "DS-7608NI-K1", 2021, ("V4.30.085|build 211125",), more={"channels": 8}),
    Model(10, "dahua", "NVR1104HS-S3", 2018, ("3.215.0000000.7.R|2018-06-14",), more={"channels": 4}),
    Model(12, "dahua", "NVR4108HS-4KS2", 2021, ("4.001.0000000.3.R|2021-11-08",), more={"channels": 8}),
    Model(4, "uniview", "NVR301-04S3", 2021, ("NVR-B3221.3.5.211014|2021-10-14",), more={"channels": 4}),
)
POE_NVRS = (
    Model(6, "hikvision", "DS-7604NI-K1/4P", 2020, ("V4.30.096|build 221220",), more={"channels": 4}),
    Model(4, "hikvision", "DS-7608NI-K2/8P", 2021, ("V4.40.016|build 210329",), more={"channels": 8}),
    Model(4, "dahua", "NVR2104HS-P-S3", 2020, ("4.000.0000000.2.R|2020-07-30",), more={"channels": 4}),
)
DVRS = (
    Model(6, "hikvision", "DS-7104HGHI-F1", 2017, ("V3.4.90|build 180913",), "h264", "1920x1080@12", "352x288@25", more={"channels": 4}),
    Model(5, "hikvision", "DS-7204HQHI-K1", 2020, ("V4.30.000|build 201126",), main="1920x1080@15", more={"channels": 4}),
    Model(5, "dahua", "XVR5104HS-I3", 2022, ("4.001.0000000.5.R|2022-03-12",), main="1920x1080@15", more={"channels": 4}),
    Model(
        3, "dahua", "HCVR4104HS-S2", 2015, ("3.200.0001.6|2015-08-04",), "h264", "1280x720@12", "352x288@25", more={"channels": 4, **OLD}
    ),
)
LARGE_NVRS = (
    Model(5, "hikvision", "DS-7616NXI-K2", 2022, ("V5.00.020|build 221012",), more={"channels": 16}),
    Model(4, "hikvision", "DS-7616NI-K2", 2020, ("V4.30.060|build 200602",), more={"channels": 16}),
    Model(4, "dahua", "NVR5216-4KS2", 2020, ("4.000.0000000.6.R|2020-09-18",), more={"channels": 16}),
)
PROVINCIAL_NVR = Model(1, "hikvision", "DS-9632NI-I8", 2021, ("V4.50.000|build 210610",), more={"channels": 32})
ANALOGUE = ("DS-2CE16D0T-IR", "DS-2CE56D0T-IRP", "HAC-HFW1200T", "KX-2111C4", "")

CLOUD = (  # maker, model: they only speak to their maker's cloud
    ("EZVIZ", "CS-C6N-A0-1C2WFR"), ("Imou", "IPC-C22EP"), ("TP-Link", "Tapo C200"), ("Yoosee", "GW-IPC-2MP"),
)  # fmt: skip
CLOUD_WHY = "chỉ gửi hình về đám mây của hãng, không mở RTSP hay ONVIF"
XIONGMAI = (("Xiongmai", "XM530 4CH"), ("Xiongmai", "MBD6804T-EL"))
XIONGMAI_WHY = "cổng 34567 có tài khoản ẩn và lỗ hổng mà hãng không vá"
BEHIND_XIONGMAI_WHY = "camera analog trên đầu ghi không kết nối được"

# share, platform, model, firmware, LAN interface, FTTH interface, TSLCD interface
ROUTERS = {
    "commune": (
        (20, "ont", "iGate GW040-H", "G6.16.11", "br0", "ppp0", "eth4"),
        (16, "ont", "ZTE F670Y", "V9.0.10P1", "br0", "ppp0", "eth4"),
        (9, "ont", "FPT AC1000F", "3.0.4", "br0", "ppp0", "eth4"),
        (4, "ont", "DASAN H646EW", "1.02p5", "br0", "ppp0", "eth4"),
        (10, "draytek", "Vigor2925", "3.8.9.7", "lan1", "wan1", "wan2"),
        (8, "draytek", "Vigor2926", "3.9.7.2", "lan1", "wan1", "wan2"),
        (8, "routeros", "RB750Gr3", "6.48.6", "bridge", "pppoe-out1", "ether2"),
        (7, "routeros", "RB750Gr3", "6.49.10", "bridge", "pppoe-out1", "ether2"),
        (3, "routeros", "RB951Ui-2HnD", "6.40.5", "bridge", "pppoe-out1", "ether2"),
        (6, "routeros", "hAP ac2", "7.11.2", "bridge", "pppoe-out1", "ether2"),
        (6, "linux", "PC Engines APU2", "12", "br-lan", "wan", "tslcd"),
        (3, "openwrt", "GL-MT2500", "21.02.3", "br-lan", "wan", "lan1"),
    ),
    "district": (
        (4, "ios", "C1111-4P", "16.12.4", "Vlan1", "Dialer1", "Vlan20"),
        (3, "ios", "CISCO1921/K9", "15.7-3M4", "Vlan1", "Dialer1", "Vlan20"),
        (3, "fortios", "FortiGate-60E", "6.4.8", "internal", "wan1", "wan2"),
        (1, "junos", "SRX300", "20.2R3", "irb.0", "ge-0.0.0", "ge-0.0.1"),
        (2, "draytek", "Vigor300B", "1.4.2.1", "lan1", "wan1", "wan2"),
        (3, "routeros", "CCR1009-7G-1C", "6.49.10", "bridge", "pppoe-out1", "ether2"),
    ),
    "province": ((1, "fortios", "FortiGate-200E", "7.0.12", "internal", "wan1", "wan2"),),
}  # fmt: skip
SEGMENTED = {"linux": (["lan"], ["cam"]), "routeros": (["ether3"], ["ether4", "ether5"])}  # office ports, camera ports

PROVIDERS = {"ftth": {"VNPT": 45, "Viettel": 40, "FPT Telecom": 15}, "tslcd": {"VNPT": 60, "Viettel": 40}}
# share, Mbit/s of the contract, Mbit/s measured up, down, VND a month
FTTH = {
    "commune": (
        (10, 16, (4, 9), (9, 15), 187_000), (27, 40, (12, 28), (25, 38), 220_000),
        (45, 100, (35, 80), (60, 95), 330_000), (18, 200, (70, 140), (120, 190), 495_000),
    ),
    "district": ((1, 200, (80, 150), (130, 190), 495_000),),
    "province": ((1, 500, (300, 420), (380, 480), 2_200_000),),
}  # fmt: skip
TSLCD = {
    "commune": ((30, 4, (3.8, 4), (3.8, 4), 900_000), (45, 10, (9.5, 10), (9.5, 10), 1_500_000), (25, 20, (19, 20), (19, 20), 2_300_000)),
    "district": ((2, 50, (48, 50), (48, 50), 4_800_000), (1, 100, (95, 100), (95, 100), 7_900_000)),
    "province": ((1, 500, (480, 500), (480, 500), 21_000_000),),
}  # fmt: skip
LINES = {"commune": {"ftth": 45, "tslcd": 27, "tslcd ftth": 28}, "district": {"tslcd ftth": 1}, "province": {"tslcd ftth": 1}}

KITS = {  # what a place has, by share
    "commune": {"nvr": 46, "poe": 14, "dvr": 16, "cameras": 8, "xiongmai": 7, "cloud": 9},
    "district": {"large": 7, "poe": 1, "two": 2},
    "province": {"province": 1},
}
COUNTS = {"commune": {2: 45, 3: 38, 4: 17}, "district": {4: 2, 5: 2, 6: 3, 8: 2}, "province": {24: 1}}
# How much somebody has found out: everything; what is printed on labels; that there is something.
KNOWN = {"surveyed": 62, "labels": 27, "little": 11}
LANS = {"192.168.1.0/24": 94, "192.168.0.0/24": 3, "192.168.10.0/24": 2, "10.0.0.0/24": 1}
SWITCHES = ("TL-SF1005P", "DS-3E0105P-E", "PFS3005-4ET-60", "TL-SG1008P")

WATCHED = {  # in the order in which offices put up cameras
    "counter": ("Quầy tiếp nhận", "Quầy số 1", "Quầy trả kết quả", "Quầy số 2", "Quầy số 3", "Quầy số 4"),
    "waiting": ("Khu vực chờ", "Ghế chờ", "Hàng ghế phía sau"),
    "entrance": ("Cửa ra vào", "Cửa chính", "Cổng trụ sở"),
    "outdoor": ("Sân trụ sở", "Nhà để xe"),
    "storage": ("Kho lưu trữ hồ sơ",),
}
LATER = {"counter": 5, "waiting": 3, "outdoor": 2, "storage": 1}  # from the fifth camera on, by share
COUNTERS = {"commune": (2, 5), "district": (8, 14), "province": (30, 30)}
SCREENS = {"commune": 1, "district": 4, "province": 9}  # live pictures of the leaders at a time
COMPLIANT = {"passwords_changed": 35, "shared_accounts": 60, "open_to_internet": 12, "sign_present": 25}  # percent of the offices
ORDERS = (
    ("counter", "waiting", "entrance", "outdoor"), ("counter", "entrance", "counter", "waiting"),
    ("counter", "counter", "entrance", "waiting"), ("counter", "waiting", "counter", None),
)  # fmt: skip

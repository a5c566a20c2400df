"""Tables B to E of the survey form: cameras, recorders, the office's LAN and its lines."""

from __future__ import annotations

from ..cells import choices as one_of
from ..cells.kinds import Day
from ..cells.number import Number
from .columns import Column, Table

DAY = Day()
COUNT = Number(whole=True)
MBPS = Number(units=("Mbit/s", "Mbps", "Mb/s", "Mb", "M"))
VND = Number(whole=True, units=("đồng", "VND", "VNĐ", "đ"))
ASK_LABEL = "Ghi theo tem trên thiết bị."
OTHER_MAKERS = "Hãng không có trong danh sách: ghi sang bảng B3."
HOW_JOINED = "'trực tiếp' nếu có địa chỉ IP trong mạng LAN; nối qua đầu ghi thì ghi mã đầu ghi/kênh, ví dụ nvr1/3."
WHERE_RECORDED = "Mã đầu ghi/kênh đang ghi camera này qua mạng LAN, ví dụ nvr1/1."
EACH_DISK = "Dung lượng từng ổ, cách nhau bằng dấu chấm phẩy: 4000 GB; 2000 GB sắp hỏng."
EACH_PORT = "Tên các cổng, cách nhau bằng dấu chấm phẩy."
CGNAT = "Ví dụ 10.190.1.2/24; IP động hoặc sau CGNAT thì ghi cgnat."
AS_MEASURED = "Tốc độ đo được, không phải theo hợp đồng."
SEVEN_DAYS = "Bách phân vị 95 trong 7 ngày. Không biết thì để trống."
DAY_FIRST = "Ngày/tháng/năm, ví dụ 26/11/2026."
EACH_CODEC = "H.264; H.265: ghi các chuẩn mà luồng hỗ trợ."
FREE_ID = "Thiết bị mới: để trống, hệ thống tự đặt mã."


def _ids(heading: str, english: str, example: str) -> tuple[Column, ...]:
    return (Column(heading, english, "", example=example, width=11, hint=FREE_ID),)


def _device(model: str, key: str = "") -> tuple[Column, ...]:
    """What is asked of every piece of equipment; ``model`` is the example's."""
    return (
        Column("Model", "Model", f"{key}model", example=model, width=20, hint=ASK_LABEL),
        Column("Số sê-ri", "Serial number", f"{key}serial", example="F12345678", width=26, hint=ASK_LABEL),
        Column("Địa chỉ MAC", "MAC address", f"{key}mac", one_of.MAC, "4c:bd:8f:12:34:56", 18, hint=ASK_LABEL),
        Column("Năm mua", "Bought in", f"{key}bought_year", COUNT, 2021, 9),
        Column("Tình trạng", "Condition", f"{key}condition", one_of.CONDITION, "Tốt", 14),
        Column("Phiên bản phần mềm", "Firmware", f"{key}firmware", example="V5.7.3", width=19),
        Column("Bản dựng", "Build", f"{key}build", example="build 220112", width=15),
        Column("Hợp quy, CO/CQ", "Conformity papers", f"{key}conformity", example="CNHQ 0123/2021", width=17),
    )


def _ports() -> tuple[Column, ...]:
    """How a camera or recorder is talked to, where it isn't as usual."""
    return (
        Column("Giao thức quản trị", "Scheme", "scheme", one_of.SCHEME, "https", 11),
        Column("Cổng quản trị", "Port", "port", COUNT, 443, 9, hint="Để trống nếu là 443 (https) hoặc 80 (http)."),
        Column("Cổng RTSP", "RTSP port", "rtsp_port", COUNT, 554, 9, hint="Để trống nếu là 554."),
        Column("Đường dẫn luồng", "Stream path", "stream_path", example="/live/main", width=18, hint="Chỉ ghi khi khác mặc định của hãng."),
    )


CAMERA = Table(
    "B",
    "Camera",
    "camera",
    (
        Column("Tên, vị trí lắp", "Name", "name", example="Quầy số 1", width=22, needed=True, hint="Tên hiện trên hình."),
        Column("Khu vực quan sát", "Zone", "zone", one_of.ZONE, "Quầy giao dịch", 16),
        Column("Mức ưu tiên", "Class", "class", one_of.CAMERA_CLASS, "Thường", 10),
        Column("Hãng", "Vendor", "vendor", one_of.VENDOR, "hikvision (HiLook, HDParagon)", 24, needed=True, hint=OTHER_MAKERS),
        Column("Địa chỉ IP", "Address", "address", one_of.ADDRESS, "192.168.1.64", 14, hint="Camera nối qua đầu ghi: để trống."),
        Column("Cách nối", "Source", "source", one_of.SOURCE, "trực tiếp", 12, hint=HOW_JOINED),
        Column("Ghi hình tại kênh", "Recorded at", "recorder", one_of.CHANNEL, "nvr1/1", 12, hint=WHERE_RECORDED),
        Column("Có micro", "Microphone", "microphone", one_of.YES_NO, "Không", 8),
        *_device("DS-2CD2143G2-I"),
        *_ports(),
    ),
    ("cameras",),
    _ids("Mã camera", "Camera", "cam1"),
    "cam",
    "Mỗi camera một dòng.",
)
STREAM = Table(
    "B2",
    "Luồng camera",
    "stream",
    (
        Column("Mã hóa hỗ trợ", "Codecs", "codecs", one_of.CODECS, "H.265; H.264", 16, needed=True, hint=EACH_CODEC),
        Column("Chiều ngang (điểm ảnh)", "Width, pixels", "width", COUNT, 2688, 12, needed=True),
        Column("Chiều dọc (điểm ảnh)", "Height, pixels", "height", COUNT, 1520, 12, needed=True),
        Column("Khung hình/giây", "Frames per second", "fps", Number(), 25, 11, needed=True),
        Column("Tốc độ (kbit/s)", "Bitrate, kbit/s", "bitrate_kbps", Number(whole=True, units=("kbit/s", "kbps")), 4096, 11),
    ),
    ("cameras", "streams"),
    (
        Column("Mã camera", "Camera", "", example="cam1", width=11, needed=True, hint="Mã camera như ở bảng B."),
        Column("Luồng", "Stream", "", one_of.STREAM, "Luồng chính", 14, needed=True),
    ),
    note="Khả năng tối đa của từng luồng. Thường do phần mềm khảo sát điền.",
)
OTHER = Table(
    "B3",
    "Thiết bị khác",
    "device",
    (
        Column("Tên, vị trí lắp", "Name", "name", example="Camera sân sau", width=22, needed=True),
        Column("Loại", "Kind", "kind", one_of.OTHER_KIND, "Camera", 13, needed=True),
        Column("Nhà sản xuất", "Maker", "maker", example="Tapo", width=15, needed=True),
        Column(
            "Lý do không tham gia được", "Why it can't join", "why", example="Chỉ dùng được qua ứng dụng của hãng", width=34, needed=True
        ),
        Column("Địa chỉ IP", "Address", "address", one_of.ADDRESS, "192.168.1.90", 14),
        Column("Khu vực quan sát", "Zone", "zone", one_of.ZONE, "Ngoài trời", 16),
        *_device("Tapo C200"),
    ),
    ("others",),
    _ids("Mã thiết bị", "Device", "other1"),
    "other",
    "Camera chỉ dùng qua đám mây, đầu ghi và thiết bị không tham gia hệ thống được.",
)
NVR = Table(
    "C",
    "Đầu ghi",
    "recorder",
    (
        Column("Tên, vị trí lắp", "Name", "name", example="Đầu ghi phòng một cửa", width=22, needed=True),
        Column("Hãng", "Vendor", "vendor", one_of.VENDOR, "hikvision (HiLook, HDParagon)", 24, needed=True, hint=OTHER_MAKERS),
        Column("Địa chỉ IP", "Address", "address", one_of.ADDRESS, "192.168.1.5", 14, needed=True),
        Column("Số kênh", "Channels", "channels", COUNT, 8, 8, needed=True),
        Column("Ổ cứng", "Disks", "disks", one_of.DISKS, "4000 GB; 2000 GB sắp hỏng", 22, hint=EACH_DISK),
        Column("Hình cũ nhất còn lưu", "Oldest footage", "oldest_footage", DAY, "01/11/2026", 13, hint=DAY_FIRST),
        *_device("DS-7608NXI-K2"),
        *_ports(),
    ),
    ("nvrs",),
    _ids("Mã đầu ghi", "Recorder", "nvr1"),
    "nvr",
    "Mỗi đầu ghi (NVR, DVR) một dòng.",
)
NETWORK = Table(
    "D",
    "Mạng LAN",
    "office LAN",
    (
        Column("Dải mạng LAN", "LAN", "lan", one_of.NETWORK, "192.168.1.0/24", 16, needed=True),
        Column("Cách ly camera", "Isolation", "isolation", one_of.ISOLATION, "Cổng riêng trên router", 30, needed=True),
        Column("Loại router", "Router platform", "router.platform", one_of.PLATFORM, "MikroTik RouterOS", 22, needed=True),
        Column("Địa chỉ IP router", "Router address", "router.address", one_of.ADDRESS, "192.168.1.1", 14, needed=True),
        Column("Cổng LAN của router", "LAN interface", "router.lan_interface", example="bridge", width=13, needed=True),
        Column("Cổng cho máy văn phòng", "Office ports", "router.office_ports", one_of.INTERFACES, "ether2; ether3", 16, hint=EACH_PORT),
        Column("Cổng cho camera", "Camera ports", "router.camera_ports", one_of.INTERFACES, "ether4", 14, hint=EACH_PORT),
        *_device("RB750Gr3", "router."),
    ),
    note="Mỗi điểm một dòng: mạng LAN và router.",
)
SWITCH = Table(
    "D2",
    "Thiết bị chuyển mạch",
    "switch",
    (
        Column("Tên, vị trí lắp", "Name", "name", example="Switch tủ mạng tầng 1", width=24, needed=True),
        Column("Quản trị được", "Managed", "managed", one_of.YES_NO, "Không", 9),
        Column("Cổng còn trống", "Free ports", "ports_free", COUNT, 3, 9),
        Column("Cổng PoE còn trống", "Free PoE ports", "poe_ports_free", COUNT, 2, 10),
        Column("Công suất PoE còn (W)", "Free PoE power, W", "poe_free_w", Number(units=("W",)), 30, 11),
        *_device("DS-3E0109P-E/M"),
    ),
    ("switches",),
    _ids("Mã switch", "Switch", "switch1"),
    "switch",
    "Mỗi thiết bị một dòng.",
)
LINE = Table(
    "E",
    "Đường truyền",
    "line",
    (
        Column("Loại đường truyền", "Kind", "kind", one_of.LINE_KIND, "Internet cáp quang (FTTH)", 23, needed=True),
        Column("Nhà cung cấp", "Provider", "provider", example="VNPT", width=13, needed=True),
        Column("Cổng trên router", "Interface", "interface", example="wan", width=11, needed=True),
        Column("Địa chỉ IP/độ dài", "Address", "address", one_of.LINE_ADDRESS, "cgnat", 18, needed=True, hint=CGNAT),
        Column("Gateway", "Gateway", "gateway", one_of.ADDRESS, "10.190.1.1", 14),
        Column("Tải lên (Mbit/s)", "Up, Mbit/s", "up_mbps", MBPS, 20, 10, needed=True, hint=AS_MEASURED),
        Column("Tải xuống (Mbit/s)", "Down, Mbit/s", "down_mbps", MBPS, 40, 10, needed=True, hint=AS_MEASURED),
        Column("P95 tải lên của cơ quan (Mbit/s)", "Office P95 up", "p95_up_mbps", MBPS, 2.5, 14, hint=SEVEN_DAYS),
        Column("P95 tải xuống của cơ quan (Mbit/s)", "Office P95 down", "p95_down_mbps", MBPS, 8, 14, hint=SEVEN_DAYS),
        Column("VMS sẵn có kéo lên (Mbit/s)", "Existing VMS pull", "vms_pull_mbps", MBPS, 0, 13),
        Column("Theo hợp đồng (Mbit/s)", "Contract, Mbit/s", "contract_mbps", MBPS, 100, 11),
        Column("Cước tháng (đồng)", "Monthly fee, VND", "monthly_vnd", VND, 660000, 12),
        Column("Độ trễ tới trung tâm (ms)", "RTT, ms", "rtt_ms", Number(units=("ms",)), 12, 11),
        Column("Mất gói (%)", "Loss, %", "loss_percent", Number(units=("%",), most=100), 0.5, 8),
        Column("MTU", "MTU", "mtu", COUNT, 1492, 7),
        Column("Ngày đo", "Measured", "measured", DAY, "26/11/2026", 12, hint=DAY_FIRST),
    ),
    ("lines",),
    _ids("Mã đường truyền", "Line", "ftth"),
    "line",
    "Mỗi đường truyền một dòng.",
)

"""Tables A and F to K of the survey form: the office, its power, security, law and needs, and who confirms it all."""

from __future__ import annotations

from ..cells import choices as one_of
from ..cells.kinds import Day
from ..cells.number import Number
from .columns import Column, Table

COUNT = Number(whole=True)
DEGREES = Number(units=("°",), most=180)
PERCENT = Number(units=("%",), most=100)

OFFICE = Table(
    "A",
    "Đơn vị",
    "site",
    (
        Column("Tên bộ phận một cửa", "Name", "name", example="Bộ phận Một cửa xã Tân Dĩnh", width=34, needed=True),
        Column("Cấp", "Level", "level", one_of.LEVEL, "Cấp xã", 11, needed=True),
        Column(
            "Mã điểm cấp trên",
            "Parent",
            "parent",
            example="lang-giang",
            width=16,
            hint="Mã của điểm cấp trên trực tiếp; điểm cao nhất thì để trống.",
        ),
        Column("Địa chỉ trụ sở", "Address", "office.address", example="Thôn Dĩnh Kế, xã Tân Dĩnh", width=32),
        Column("Vĩ độ", "Latitude", "coordinates.latitude", DEGREES, 21.310809, 11, hint="Độ thập phân WGS 84, ví dụ 21,310809."),
        Column("Kinh độ", "Longitude", "coordinates.longitude", DEGREES, 106.246331, 11, hint="Độ thập phân WGS 84, ví dụ 106,246331."),
        Column("Người liên hệ", "Contact", "office.contact", example="Nguyễn Văn An", width=20),
        Column("Điện thoại", "Telephone", "office.phone", one_of.PHONE, "0204 3854 123", 15),
        Column("Số quầy", "Counters", "office.counters", COUNT, 4, 8),
        Column("Giờ mở cửa", "Opens", "office.opens", one_of.CLOCK, "07:30", 9, hint="Giờ:phút, ví dụ 07:30."),
        Column("Giờ đóng cửa", "Closes", "office.closes", one_of.CLOCK, "17:00", 9, hint="Giờ:phút, ví dụ 17:00."),
    ),
    note="Mỗi điểm một dòng.",
)
POWER = Table(
    "F",
    "Nguồn, môi trường",
    "site's power",
    (
        Column("Có bộ lưu điện (UPS)", "UPS", "power.ups", one_of.YES_NO, "Có", 12),
        Column("UPS giữ được (phút)", "UPS minutes", "power.ups_minutes", Number(whole=True, units=("phút",)), 15, 12),
        Column("Có chống sét", "Surge protection", "power.surge_protection", one_of.YES_NO, "Có", 12),
        Column("Nhiệt độ tủ mạng (°C)", "Temperature, °C", "power.temperature_c", Number(units=("°C", "C")), 32, 13),
        Column("Độ ẩm (%)", "Humidity, %", "power.humidity_percent", PERCENT, 70, 10),
        Column("Tủ mạng có khóa", "Rack locked", "power.rack_locked", one_of.YES_NO, "Có", 12),
    ),
    note="Mỗi điểm một dòng.",
)
SECURITY = Table(
    "G",
    "An toàn thông tin",
    "site's security",
    (
        Column("Đã đổi mọi mật khẩu mặc định", "Passwords changed", "compliance.passwords_changed", one_of.YES_NO, "Có", 18),
        Column("Dùng chung tài khoản", "Shared accounts", "compliance.shared_accounts", one_of.YES_NO, "Không", 15),
        Column("Có mở cổng ra Internet", "Open to the Internet", "compliance.open_to_internet", one_of.YES_NO, "Không", 15),
        Column(
            "Quyết định cấp độ",
            "Level decision",
            "compliance.level_decision",
            example="QĐ 123/QĐ-UBND ngày 05/06/2023",
            width=34,
            hint="Số, ngày quyết định phê duyệt cấp độ an toàn hệ thống thông tin.",
        ),
    ),
    note="Mỗi điểm một dòng. Không ghi mật khẩu vào biểu này.",
)
PRIVACY = Table(
    "H",
    "Pháp lý, riêng tư",
    "site's compliance",
    (
        Column("Có biển báo ghi hình", "Sign present", "compliance.sign_present", one_of.YES_NO, "Có", 15),
        Column(
            "Quy chế khai thác hình ảnh",
            "Regulation",
            "compliance.regulation",
            example="QC 05/QC-UBND ngày 10/01/2024",
            width=36,
            hint="Số, ngày quy chế quản lý, khai thác dữ liệu camera.",
        ),
    ),
    note="Mỗi điểm một dòng.",
)
NEEDS = Table(
    "I",
    "Nhu cầu",
    "site's needs",
    (
        Column(
            "Khu vực phải quan sát",
            "Zones",
            "zones",
            one_of.ZONES,
            "Quầy giao dịch; Khu vực chờ; Cửa ra vào",
            42,
            hint="Cách nhau bằng dấu chấm phẩy: " + "; ".join(one_of.ZONE.offers) + ".",
        ),
        Column("Cần thêm camera", "More cameras", "needs.cameras", COUNT, 1, 11),
        Column("Số màn hình lãnh đạo xem", "Leaders' pictures", "needs.leaders_watch", COUNT, 2, 14),
        Column("Đề nghị khác", "Remark", "needs.remark", example="Camera quầy số 3 bị ngược sáng", width=44),
    ),
    note="Mỗi điểm một dòng.",
)
CONFIRMATION = Table(
    "K",
    "Xác nhận",
    "form",
    (
        Column("Ngày khảo sát", "Surveyed", "office.surveyed", Day(), "26/11/2026", 14, hint="Ngày/tháng/năm, ví dụ 26/11/2026."),
        Column("Người khảo sát", "Surveyed by", "office.surveyed_by", example="Trần Thị Bình", width=28),
        Column("Người xác nhận của đơn vị", "Confirmed by", "office.confirmed_by", example="Nguyễn Văn An, Phó Chủ tịch UBND xã", width=40),
    ),
    note="Mỗi điểm một dòng.",
)

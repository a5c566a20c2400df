"""What is written on the devices' labels, and the password that their installer left."""

PASSWORD = "hik12345"
FACTS = {
    "hikvision": {"mac": "44:19:b6", "firmware": "V5.7.18", "firmware_date": "build 240826"},
    "dahua": {"mac": "3c:ef:8c", "firmware": "2.840.0000000.28.R", "firmware_date": "2022-08-26"},
    "axis": {"mac": "ac:cc:8e", "firmware": "9.80.2.2", "firmware_date": "Jul 09 2020 08:35", "factory_user": "root"},
    "onvif": {"mac": "00:12:41", "firmware": "1.3.0"},
    "uniview": {"mac": "48:ea:63", "firmware": "QIPC-B2202.3"},
}
MODELS = {
    ("hikvision", "camera"): "DS-2CD2143G2-I", ("hikvision", "nvr"): "DS-7608NXI-K2", ("dahua", "camera"): "KX-C4012", ("dahua", "nvr"): "DHI-NVR4208",
    ("axis", "camera"): "P3245-LV", ("onvif", "camera"): "IPC-T", ("uniview", "camera"): "IPC2124LE", ("uniview", "nvr"): "NVR302-08S",
}  # fmt: skip

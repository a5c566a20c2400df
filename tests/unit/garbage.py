"""What strangers answer when they are asked who they are."""

SADP_ANSWER = b"<ProbeMatch><DeviceDescription>DS-1</DeviceDescription><MAC>44-19-b6-00-00-09</MAC></ProbeMatch>"
NESTED = bytes(32) + b'{"method":' + b"[" * 60_000
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><ProbeMatch><MAC>&b;</MAC></ProbeMatch>'
)
GARBAGE = [
    b"",
    b"\0",
    bytes(range(256)) * 4,
    b"<",
    b"<a>" * 20_000,
    BOMB,
    BOMB.decode().encode("utf-16"),
    NESTED,
    bytes(32) + b'{"params": 3}',
    b"\xff" * 65_000,
]
GARBAGE += [b"HTTP/1.1 200 OK\r\nUSN", b"HTTP/1.1 200 OK\r\nUSN: x\r\nLOCATION: http://192.168.77.99:1/\r\n\r\n"]

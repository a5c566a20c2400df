"""The holder of SOAP requests lets right ones pass and names what is wrong with others."""

import pytest

from tests.unit.soap import validate

HEADER = """<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
 xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" s:mustUnderstand="true"><wsse:UsernameToken>
<wsse:Username>motcua-admin</wsse:Username>
<wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">tuOSpGlFlIXsozq4HFNeeGeFLEI=</wsse:Password>
<wsse:Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">LKqI6G/AikKCQrN0zqZFlg==</wsse:Nonce>
<wsu:Created>2026-03-01T07:00:00Z</wsu:Created></wsse:UsernameToken></wsse:Security>"""

MULTICAST = """<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>
<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"""

RIGHT = {
    "media1": f"""<trt:SetVideoEncoderConfiguration><trt:Configuration token="1"><tt:Name>Quầy tiếp nhận</tt:Name><tt:UseCount>1</tt:UseCount>
<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>
<tt:RateControl><tt:FrameRateLimit>20</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>
<tt:H264><tt:GovLength>40</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>{MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout>
</trt:Configuration><trt:ForcePersistence>true</trt:ForcePersistence></trt:SetVideoEncoderConfiguration>""",
    "media2": f"""<tr2:SetVideoEncoderConfiguration><tr2:Configuration token="1" GovLength="40" Profile="Main"><tt:Name>main</tt:Name><tt:UseCount>1</tt:UseCount>
<tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution>
<tt:RateControl ConstantBitRate="true"><tt:FrameRateLimit>20.0</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>{MULTICAST}
<tt:Quality>4</tt:Quality></tr2:Configuration></tr2:SetVideoEncoderConfiguration>""",
    "ntp": """<tds:SetNTP><tds:FromDHCP>false</tds:FromDHCP><tds:NTPManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>10.64.0.1</tt:IPv4Address></tds:NTPManual></tds:SetNTP>""",
    "time": """<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings><tds:TimeZone><tt:TZ>CST-7:00:00</tt:TZ></tds:TimeZone>
<tds:UTCDateTime><tt:Time><tt:Hour>7</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>3</tt:Month><tt:Day>1</tt:Day></tt:Date></tds:UTCDateTime>
</tds:SetSystemDateAndTime>""",
    "users": """<tds:CreateUsers><tds:User><tt:Username>viewer</tt:Username><tt:Password>Kh0ng-yeu</tt:Password><tt:UserLevel>User</tt:UserLevel></tds:User></tds:CreateUsers>""",
}

WRONG = {
    "an element too early": ("media1", "<tt:Quality>4</tt:Quality>\n", "", "Quality"),
    "Media1's order in Media2": ("media2", f"{MULTICAST}\n<tt:Quality>4</tt:Quality>", f"<tt:Quality>4</tt:Quality>{MULTICAST}", "Multicast"),
    "no ForcePersistence": ("media1", "<trt:ForcePersistence>true</trt:ForcePersistence>", "", "ForcePersistence"),
    "no name of the type": ("ntp", "<tt:Type>IPv4</tt:Type>", "<tt:Type>IPv5</tt:Type>", "IPv5"),
    "an unknown codec": ("media1", "H264</tt:Encoding>", "H265</tt:Encoding>", "H265"),
    "an unknown mode": ("time", "Manual", "manual", "manual"),
    "an unknown level": ("users", ">User<", ">Viewer<", "Viewer"),
    "a level before the password": ("users", "<tt:Password>Kh0ng-yeu</tt:Password><tt:UserLevel>User</tt:UserLevel>",
                                    "<tt:UserLevel>User</tt:UserLevel><tt:Password>Kh0ng-yeu</tt:Password>", "Password"),
    "a wrong namespace": ("ntp", "<tds:FromDHCP>false</tds:FromDHCP>", "<tt:FromDHCP>false</tt:FromDHCP>", "FromDHCP"),
    "a year that is no number": ("time", "<tt:Year>2026</tt:Year>", "<tt:Year>now</tt:Year>", "now"),
    "an operation that there isn't": ("ntp", "tds:SetNTP>", "tds:SetNtp>", "SetNtp"),
}  # fmt: skip


def envelope(inner, header=HEADER):
    return f"""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"
 xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl">
<s:Header>{header}</s:Header><s:Body>{inner}</s:Body></s:Envelope>""".encode()


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_request_passes(name):
    assert validate(envelope(RIGHT[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_named(name):
    of, old, new, word = WRONG[name]
    assert old in RIGHT[of]
    errors = validate(envelope(RIGHT[of].replace(old, new)))
    assert errors
    assert any(word in error for error in errors), errors


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("#PasswordDigest", "#PasswordText", "PasswordDigest"),
        ("<wsu:Created>2026-03-01T07:00:00Z</wsu:Created>", "", "Created"),
        ("2026-03-01T07:00:00Z", "07:00", "07:00"),
        ("LKqI6G/AikKCQrN0zqZFlg==", "no base64!", "Nonce"),
    ],
)
def test_a_wrong_security_header_is_named(old, new, word):
    assert old in HEADER
    errors = validate(envelope(RIGHT["ntp"], HEADER.replace(old, new)))
    assert any(word in error for error in errors), errors


def test_what_is_no_request_is_named():
    assert validate(b"<a>")
    assert "envelope" in validate(b"<a/>")[0]
    assert "children" in validate(envelope(""))[0]
    assert "service" in validate(envelope("<a/>"))[0]

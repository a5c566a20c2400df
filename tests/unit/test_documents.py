"""Documents of both dialects: what isn't understood is kept, what is written is read back."""

import contextlib
import string
from xml.etree import ElementTree

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects import dahua, soap, trees, vapix_documents
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects import xml as isapi
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects.isapi_activation import Challenge
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, MotcuaError, Refused, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Answer
from hypothesis import given
from hypothesis import strategies as st

V20, V10 = "http://www.hikvision.com/ver20/XMLSchema", "http://www.isapi.org/ver20/XMLSchema"
# Four elements of one name, two namespaces, an attribute, an element that nobody knows, and text in Vietnamese.
DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<IPAddress version="2.0" xmlns="{V20}"><ipAddress>192.168.1.2</ipAddress><DefaultGateway><ipAddress>192.168.1.1</ipAddress></DefaultGateway>
<PrimaryDNS><ipAddress>8.8.8.8</ipAddress></PrimaryDNS><extra kind="x">Quầy tiếp nhận &amp; trả kết quả</extra>
<Inner xmlns="{V10}"><enabled>TRUE</enabled></Inner><Row><id>1</id><name>a</name></Row><Row><id>2</id><name>b</name></Row></IPAddress>"""

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


def canonical(body):
    return ElementTree.canonicalize(body.decode() if isinstance(body, bytes) else body, strip_text=True)


def test_an_untouched_document_goes_back_as_it_came():
    assert canonical(isapi.parse(DOCUMENT.encode(), "x").encode()) == canonical(DOCUMENT)


def test_a_change_touches_its_own_place_only():
    document = isapi.parse(DOCUMENT.encode(), "x")
    document.set("PrimaryDNS/ipAddress", "10.0.0.1")
    assert canonical(document.encode()) == canonical(DOCUMENT.replace("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("ipAddress", "192.168.1.2"),
        ("DefaultGateway/ipAddress", "192.168.1.1"),
        ("Inner/enabled", "TRUE"),
        ("Row[id=2]/name", "b"),
        ("nowhere|extra", "Quầy tiếp nhận & trả kết quả"),
        ("nowhere", None),
        ("Row[id=3]/name", None),
    ],
)
def test_places(place, value):
    assert isapi.parse(DOCUMENT.encode(), "x").get(place) == value


@given(TEXT)
def test_what_is_set_is_read_from_the_bytes_that_are_sent(value):
    document = isapi.parse(DOCUMENT.encode(), "x")
    document.set("Row[id=2]/name", value)
    again = isapi.parse(document.encode(), "x")
    assert again.get("Row[id=2]/name") == value.strip()
    assert again.get("Row[id=1]/name") == "a"


def test_a_place_that_isnt_there_is_unsupported_unless_its_parent_is():
    document = isapi.parse(DOCUMENT.encode(), "x")
    with pytest.raises(Unsupported):
        document.set("Nothing/name", "x")
    document.set("Inner/added", "x")
    assert f'<Inner xmlns="{V10}"><enabled>TRUE</enabled><added>x</added></Inner>'.encode() in document.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"<a>",
        b"not xml",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
    ],
)
def test_what_is_no_document_is_garbled_in_one_sentence(body):
    with pytest.raises(Garbled) as error:
        isapi.parse(body, "a-cam1: /ISAPI/x")
    assert str(error.value).startswith("a-cam1: /ISAPI/x: answers ")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_document_or_garbled(body):
    try:
        isapi.parse(body, "x")
    except Garbled:
        return


def whole(body):
    return Answer(200, {}, body)


KEYS = Challenge()  # a key pair costs too much to be made for every example
PARSERS = {
    "xml": lambda body: isapi.parse(body, "x"),
    "soap": lambda body: soap.response(whole(body), "x", "GetNTP"),
    "json": lambda body: trees.JsonDocument(trees.json_object(whole(body), "x")).get("a/b"),
    "table": lambda body: dahua.parse(body.decode("utf-8", "replace"), "Encode").rows("users"),
    "parameters": lambda body: vapix_documents.parameters(body.decode("iso-8859-1")).rows("StreamProfile.S"),
    "accounts": lambda body: vapix_documents.accounts(body.decode("iso-8859-1")),
    "profile": lambda body: vapix_documents.Profile("x", None, body.decode("iso-8859-1")).get("resolution[1]"),
    "challenge": lambda body: KEYS.sealed(body.decode("latin-1"), "password1"),
}
PIECES = st.sampled_from(
    [
        b"<a>",
        b"</a>",
        b"{",
        b"}",
        b'"a":',
        b"[",
        b"=",
        b"\n",
        b"root.",
        b"users[",
        b"]",
        b".",
        b"Envelope",
        b"Body",
        b"\xff",
        b"1e999",
        b"&#0;",
    ]
)


@pytest.mark.parametrize("parser", PARSERS)
@given(body=st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=20).map(b"".join)))
def test_any_bytes_are_read_or_end_in_one_of_our_errors(parser, body):
    with contextlib.suppress(MotcuaError):
        PARSERS[parser](body)


TYPES = """<parameterDefinitions><group name="root"><group name="Time"><parameter name="On"><type><bool true="On" false="Off"/></type></parameter>
<parameter name="Mode"><type><enum><entry value="NTP"/><entry value="None"/></enum></type></parameter>
<parameter name="Port"><type><int min="1" max="65535"/></type></parameter><parameter name="Text"><type><string maxlen="3"/></type></parameter>
</group></group></parameterDefinitions>"""


@pytest.mark.parametrize(
    ("key", "value", "spelt"),
    [
        ("Time.On", "yes", "On"),
        ("Time.On", "no", "Off"),
        ("Time.Mode", "ntp", "NTP"),
        ("Time.Mode", "sometimes", None),
        ("Time.Port", "554", "554"),
        ("Time.Port", "70000", None),
        ("Time.Port", "many", None),
        ("Time.Text", "abc", "abc"),
        ("Time.Text", "abcd", None),
        ("Time.Unknown", "x", "x"),
    ],
)
def test_a_parameter_is_spelt_as_its_own_definition_says_or_refused(key, value, spelt):
    definitions = isapi.parse(TYPES.encode(), "x")
    if spelt is not None:
        assert vapix_documents.conform(definitions, key, value, "a-cam1") == spelt
        return
    with pytest.raises(Refused, match=f"^a-cam1: {key}: the device takes"):
        vapix_documents.conform(definitions, key, value, "a-cam1")


TABLE = "table.Encode[0].MainFormat[0].Video.FPS=15.000000\r\ntable.Encode[0].MainFormat[0].Video.Compression=H.265\r\n"


def test_a_table_is_read_without_its_own_name():
    table = dahua.parse(TABLE, "Encode")
    assert table.get("[0].MainFormat[0].Video.FPS") == "15.000000"
    assert table.get("nowhere|[0].MainFormat[0].Video.Compression") == "H.265"
    assert table.changed == {}


@given(
    st.dictionaries(
        st.text(string.ascii_letters + "[]0123456789.", min_size=1, max_size=20), TEXT.filter(lambda text: len(text.splitlines()) < 2)
    )
)
def test_lines_are_read_as_they_were_written(values):
    text = "".join(f"{key}={value}\r\n" for key, value in values.items())
    assert dahua.parse(text).values == {key.removeprefix("."): value for key, value in values.items()}

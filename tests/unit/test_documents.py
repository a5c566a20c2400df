"""Documents of both dialects: what isn't understood is kept, what is written is read back."""

import string
from xml.etree import ElementTree

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects import dahua
from ansible_collections.motcua.cctv.plugins.plugin_utils.dialects import xml as isapi
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, Unsupported
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

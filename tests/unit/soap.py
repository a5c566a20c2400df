"""Holds SOAP requests against the official WSDL and XSD of ONVIF, which a stranger's package brings along."""

import functools
import importlib.util
import shutil
import tempfile
from pathlib import Path

from lxml import etree

XS = "http://www.w3.org/2001/XMLSchema"
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
MESSAGE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
SERVICES = {
    "http://www.onvif.org/ver10/device/wsdl": "ver10/device/wsdl/devicemgmt.wsdl",
    "http://www.onvif.org/ver10/media/wsdl": "ver10/media/wsdl/media.wsdl",
    "http://www.onvif.org/ver20/media/wsdl": "ver20/media/wsdl/media.wsdl",
    "http://www.onvif.org/ver10/recording/wsdl": "ver10/recording.wsdl",
}

# The package has no schema of WS-Security: this is what the Username Token Profile asks of a digest.
TOKEN = f"""<xs:schema xmlns:xs="{XS}" xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" targetNamespace="{WSSE}" elementFormDefault="qualified">
<xs:import namespace="{WSU}" schemaLocation="utility.xsd"/>
<xs:simpleType name="base64"><xs:restriction base="xs:string"><xs:pattern value="[A-Za-z0-9+/]+={{0,2}}"/></xs:restriction></xs:simpleType>
<xs:element name="Security"><xs:complexType><xs:sequence>
<xs:element name="UsernameToken"><xs:complexType><xs:sequence>
<xs:element name="Username" type="xs:string"/>
<xs:element name="Password"><xs:complexType><xs:simpleContent><xs:extension base="wsse:base64">
<xs:attribute name="Type" type="xs:anyURI" use="required" fixed="{PROFILE}#PasswordDigest"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
<xs:element name="Nonce"><xs:complexType><xs:simpleContent><xs:extension base="wsse:base64">
<xs:attribute name="EncodingType" type="xs:anyURI" fixed="{MESSAGE}#Base64Binary"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
<xs:element ref="wsu:Created"/>
</xs:sequence><xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType></xs:element>
</xs:sequence><xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType></xs:element></xs:schema>"""
CREATED = f'<xs:schema xmlns:xs="{XS}" targetNamespace="{WSU}" elementFormDefault="qualified"><xs:element name="Created" type="xs:dateTime"/></xs:schema>'


@functools.cache
def _schema():
    """One schema of all services.

    Without wildcards: they let in what a later version may add, which no request of ours holds, and with it every misplaced element.
    """
    official = Path(importlib.util.find_spec("onvif").origin).with_name("wsdl")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(official, folder, dirs_exist_ok=True)
        imports = {WSSE: "token.xsd"}
        (folder / "token.xsd").write_text(TOKEN)
        (folder / "utility.xsd").write_text(CREATED)
        for path in folder.glob("ver?0/**/*.xsd"):
            path.write_bytes(_strict(etree.parse(path).getroot()))
        for namespace, service in SERVICES.items():
            imports[namespace] = f"{service}.xsd"
            (folder / imports[namespace]).write_bytes(_strict(etree.parse(folder / service).find(f".//{{{XS}}}schema")))
        lines = "".join(f'<xs:import namespace="{namespace}" schemaLocation="{file}"/>' for namespace, file in imports.items())
        (folder / "all.xsd").write_text(f'<xs:schema xmlns:xs="{XS}">{lines}</xs:schema>')
        return etree.XMLSchema(etree.parse(folder / "all.xsd"))


def _strict(schema):
    for wildcard in list(schema.iter(f"{{{XS}}}any")):
        wildcard.getparent().remove(wildcard)
    return etree.tostring(schema)


def validate(body: bytes) -> list[str]:
    """What is wrong with a SOAP request: its Body's one child and, if there, its WS-Security header."""
    try:
        root = etree.fromstring(body)
    except etree.XMLSyntaxError as error:
        return [str(error)]
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        return [f"{root.tag} is no envelope of SOAP 1.2"]
    headers, children = (root.findall(path) for path in (f"{{{ENVELOPE}}}Header/{{{WSSE}}}Security", f"{{{ENVELOPE}}}Body/*"))
    if len(children) != 1:
        return [f"the Body has {len(children)} children instead of one"]
    namespace = etree.QName(children[0]).namespace
    if namespace not in SERVICES:
        return [f"{children[0].tag} belongs to no known service"]
    errors = []
    for element in (*headers, *children):
        _schema().validate(element)
        errors += [f"line {error.line}: {error.message}" for error in _schema().error_log]
    return errors

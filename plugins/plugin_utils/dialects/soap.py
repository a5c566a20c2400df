"""SOAP as ONVIF devices speak it: envelopes with a WS-Security token, answers, and the many shapes of their faults."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ..errors import AuthRefused, Garbled, MotcuaError, Refused, Unsupported
from ..transport import REFUSED, Answer, Credential
from .xml import XmlDocument, local, parse

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
S = "http://www.w3.org/2003/05/soap-envelope"
TT = "http://www.onvif.org/ver10/schema"
SERVICES = {
    "device": "http://www.onvif.org/ver10/device/wsdl",
    "media": "http://www.onvif.org/ver10/media/wsdl",
    "media2": "http://www.onvif.org/ver20/media/wsdl",
    "recording": "http://www.onvif.org/ver10/recording/wsdl",
}
OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE, WSU = f"{OASIS}-wssecurity-secext-1.0.xsd", f"{OASIS}-wssecurity-utility-1.0.xsd"
DIGEST = f"{OASIS}-username-token-profile-1.0#PasswordDigest"
BASE64 = f"{OASIS}-soap-message-security-1.0#Base64Binary"
PREFIXES = {"s": S, "tt": TT, "tds": SERVICES["device"], "trt": SERVICES["media"], "tr2": SERVICES["media2"], "trc": SERVICES["recording"]}
for prefix, uri in (PREFIXES | {"wsse": WSSE, "wsu": WSU}).items():
    ElementTree.register_namespace(prefix, uri)

# How devices say that they don't have an operation: by subcode, or only in words (IPD-H4K8 has no subcode at all).
NOT_THERE = ("actionnotsupported", "optionalactionnotsupported", "notimplemented")
NOT_THERE_WORDS = ("not implemented", "not recognized", "not supported", "unknown action")
NOT_AUTHORIZED = ("notauthorized", "failedauthentication", "invalidsecurity")


def request(service: str, operation: str) -> Element:
    """The empty request of an operation."""
    return Element(f"{{{SERVICES[service]}}}{operation}")


def child(parent: Element, name: str, text: str = "", namespace: str = TT) -> Element:
    """A new element at the end of ``parent``."""
    element = SubElement(parent, f"{{{namespace}}}{name}")
    element.text = text or None
    return element


def envelope(body: Element, credential: Credential | None, created: datetime) -> bytes:
    """The bytes to send; with a credential its token, made at the device's own time, for a password that stays here."""
    root = Element(f"{{{S}}}Envelope")
    if credential is not None:
        _token(SubElement(root, f"{{{S}}}Header"), credential, created)
    SubElement(root, f"{{{S}}}Body").append(body)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode()


def _token(header: Element, credential: Credential, created: datetime) -> None:
    """UsernameToken profile 1.0: Base64(SHA1(nonce + created + password))."""
    nonce, stamp = secrets.token_bytes(16), created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + stamp.encode() + credential.password.encode(), usedforsecurity=False).digest()
    security = SubElement(header, f"{{{WSSE}}}Security", {f"{{{S}}}mustUnderstand": "1"})
    token = child(security, "UsernameToken", namespace=WSSE)
    child(token, "Username", credential.user, WSSE)
    child(token, "Password", base64.b64encode(digest).decode(), WSSE).set("Type", DIGEST)
    child(token, "Nonce", base64.b64encode(nonce).decode(), WSSE).set("EncodingType", BASE64)
    child(token, "Created", stamp, WSU)


def response(answer: Answer, name: str, operation: str) -> XmlDocument:
    """The answer's own element.

    :raises Unsupported: when the device doesn't have the operation.
    :raises AuthRefused: when it refuses the login.
    :raises Refused: with its words.
    """
    if answer.status == 404:
        raise Unsupported(f"the device has no {operation} (HTTP 404)")
    document = parse(answer.body, f"{name}: {operation}")
    body = document.find("Body")
    content = None if body is None else next(iter(body), None)
    if content is None:
        raise Garbled(f"{name}: {operation}: answers something that is no SOAP (HTTP {answer.status})")
    if local(content) == "Fault":
        raise _fault(XmlDocument(content), name, operation)
    if local(content) != f"{operation}Response":
        raise Garbled(f"{name}: {operation}: answers {local(content)}; look at what stands at this address")
    return XmlDocument(content)


def _fault(fault: XmlDocument, name: str, operation: str) -> MotcuaError:
    codes = [(element.text or "").rsplit(":", 1)[-1].lower() for element in fault.root.iter() if local(element) in ("Value", "faultcode")]
    words = (fault.get("Reason/Text|faultstring|=") or "").strip()
    if any(code in NOT_AUTHORIZED for code in codes):
        return AuthRefused(f"{name}: {REFUSED}")
    if any(code in NOT_THERE for code in codes) or any(word in words.lower() for word in NOT_THERE_WORDS):
        return Unsupported(f"the device has no {operation} ({words or codes[-1]})")
    return Refused(f"{name}: {operation}: the device refuses: {words or ' '.join(codes)}")

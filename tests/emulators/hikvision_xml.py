"""ISAPI's XML: how it is read, how these devices write it, and what they say yes and no with."""

from xml.etree import ElementTree

from tests.emulators import isapi_documents as documents
from tests.emulators.http import Response

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
OK = (1, "OK", "ok")
NOT_SUPPORTED = (4, "Invalid Operation", "notSupport", 403)
LOW_PRIVILEGE = (4, "Invalid Operation", "lowPrivilege", 403)
METHOD_NOT_ALLOWED = (4, "Invalid Operation", "methodNotAllowed", 400)
BAD_XML = (6, "Invalid XML Content", "badXmlContent", 400)
BAD_PARAMETERS = (6, "Invalid XML Content", "badParameters", 400)


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def find(root, name):
    return next((element for element in root.iter() if local(element) == name), None)


def place(root, path):
    """The element at a path of local names; a name may say what its element holds: ``Row[name=value]/enabled``."""
    for step in path.split("/"):
        name, _, held = step.rstrip("]").partition("[")
        key, _, value = held.partition("=")
        root = next(element for element in root.iter() if local(element) == name and (not held or text(element, key) == value))
    return root


def text(root, name, default=""):
    element = find(root, name)
    return default if element is None else (element.text or "").strip()


def write(root):
    """XML as these devices write it: a default namespace wherever it changes, no prefixes."""

    def plain(element, inherited):
        namespace = element.tag[1:].split("}")[0] if element.tag.startswith("{") else ""
        copy = ElementTree.Element(local(element), dict(element.attrib))
        if namespace != inherited:
            copy.set("xmlns", namespace)
        copy.text, copy.tail = element.text, element.tail
        copy.extend(plain(child, namespace) for child in element)
        return copy

    return ElementTree.tostring(plain(root, ""), encoding="unicode")


def xml(body):
    return Response(200, (PROLOG + body).encode())


def status(code, words, sub, http=200):
    body = f'{PROLOG}<ResponseStatus version="2.0" xmlns="{documents.V20}"><requestURL></requestURL><statusCode>{code}</statusCode><statusString>{words}</statusString><subStatusCode>{sub}</subStatusCode></ResponseStatus>'
    return Response(http, body.encode())

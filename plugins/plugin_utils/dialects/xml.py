"""XML documents as cameras write them: places by local name, text edited in place, everything else kept as it came."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ..errors import Garbled, Unsupported

STEP = re.compile(r"(?P<name>[\w.-]+)(?:\[(?:(?P<number>\d+)|(?P<child>[\w.-]+)=(?P<value>[^\]]*))\])?")


class XmlDocument:
    """An XML document in which places are named ``A/B``, ``A[B=text]/C`` (text is compared ignoring case), ``A[2]/B``, ``A/@attribute``.

    Alternatives are written ``A|B``; the first that is there counts, and a last ``=`` is the empty text of what isn't there.
    """

    def __init__(self, root: Element) -> None:
        self.root = root

    def get(self, select: str) -> str | None:
        """The text at the first alternative that is there."""
        for alternative in select.split("|"):
            if alternative == "=":
                return ""
            path, attribute = _split(alternative)
            element = self.find(path)
            value = None if element is None else element.get(attribute) if attribute else element.text or ""
            if value is not None:
                return value.strip()
        return None

    def set(self, select: str, value: str) -> None:
        """Write text in place; a missing last element is added beside its siblings, in their namespace."""
        places = select.removesuffix("|=").split("|")
        present = next((one for one in places if self.get(one) is not None), places[0])
        path, attribute = _split(present)
        element = self.find(path)
        if element is None:
            above, _, name = path.rpartition("/")
            parent = self.find(above)
            if parent is None or "[" in name:
                raise Unsupported(f"the device's document has no {select}")
            element = ElementTree.SubElement(parent, namespace(parent) + name)
        if attribute:
            element.set(attribute, value)
        else:
            element.text = value

    def rename(self, select: str, name: str) -> None:
        """Call an element by another name in its place among the others, which devices insist on."""
        element = self.find(select)
        parent = self.find(select.rpartition("/")[0])
        if element is None or parent is None:
            return
        if any(local(child) == name for child in parent):
            parent.remove(element)
        else:
            element.tag = namespace(element) + name

    def rows(self, row: str) -> Sequence[XmlDocument]:
        """The elements of that name anywhere in the document."""
        return [XmlDocument(element) for element in self.root.iter() if local(element) == row]

    def find(self, path: str) -> Element | None:
        """The first element at a path; the root for an empty one."""
        return next(_walk(self.root, path.split("/")), None) if path else self.root

    def encode(self) -> bytes:
        """The bytes to send: the prolog that firmware 5.2 insists on, and the namespace as the default one, as the device wrote it."""
        root = copy.deepcopy(self.root)
        _write_namespaces(root, "")
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode()


def parse(body: bytes, what: str) -> XmlDocument:
    """Read an XML answer; entities and document types, which no camera needs, are refused.

    :raises Garbled: when it isn't one well-formed document.
    """
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"\0" in body:  # another encoding could hide a document type
        raise Garbled(f"{what}: answers XML that is not UTF-8, which no camera does; look at what stands at this address")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Garbled(f"{what}: answers XML with a document type, which no camera does; look at what stands at this address")
    try:
        return XmlDocument(ElementTree.fromstring(head))  # noqa: S314  no DTD gets here, so there is nothing to expand
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Garbled(f"{what}: answers something that is not XML ({error})") from None


def local(element: Element) -> str:
    """An element's name without its namespace: four namespaces occur at Hikvision alone, two of them in one device."""
    return str(element.tag).rsplit("}", 1)[-1]


def namespace(element: Element) -> str:
    """An element's namespace as ``{uri}``, or nothing."""
    return element.tag[: element.tag.index("}") + 1] if element.tag.startswith("{") else ""


def _split(place: str) -> tuple[str, str]:
    path, _, attribute = place.partition("@")
    return path.rstrip("/"), attribute


def _write_namespaces(element: Element, inherited: str) -> None:
    """Turn ``{namespace}name`` back into names and default namespaces, as devices write them."""
    own = namespace(element)[1:-1]
    element.tag = local(element)
    if own != inherited:
        element.set("xmlns", own)
    for child in element:
        _write_namespaces(child, own)


def _walk(element: Element, steps: list[str]) -> Iterator[Element]:
    match = STEP.fullmatch(steps[0])
    assert match is not None, f"a table has the malformed place {steps[0]!r}"
    named = [child for child in element if local(child) == match["name"]]
    if match["number"]:
        named = named[int(match["number"]) - 1 : int(match["number"])]
    for child in named:
        if match["child"] and not _says(child, match["child"], match["value"]):
            continue
        if len(steps) == 1:
            yield child
        else:
            yield from _walk(child, steps[1:])


def _says(element: Element, name: str, value: str) -> bool:
    return any(local(child) == name and (child.text or "").strip().lower() == value.lower() for child in element)

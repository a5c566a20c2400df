"""What a device is, from everything that it said without a login. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..discovery import Heard
from ..discovery.wire import mac_of
from ..vendors.unsuited import UNSUITED, Unsuited, recognised
from .marks import GENERIC, QUESTIONS, RECORDER, SIGNS, STRANGER_PORTS, STRANGERS, WORDS, XIONGMAI_PORT, Question, Stranger

FACTS = ("model", "serial", "mac", "firmware", "build", "name")
# Whose words about a device are believed first: its vendor's own protocol, then what it shows everybody.
TRUSTED = ("asked", "sadp", "dhip", "ssdp", "wsd")
XIONGMAI = next(kind for kind in UNSUITED if kind.name == "Xiongmai")


@dataclass(frozen=True)
class Told:
    """What a device answered to a question that any vendor's devices answer to anybody."""

    question: Question
    text: str

    @property
    def facts(self) -> dict[str, str]:
        """The identity that stands in the answer."""
        found = {key: re.search(pattern, self.text) for key, pattern in self.question.facts.items()}
        return {key: match[1] for key, match in found.items() if match}

    @property
    def new(self) -> bool:
        """Whether the device says that it has no password yet."""
        return self.question.new is not None and re.search(self.question.new, self.text) is not None


@dataclass(frozen=True)
class Identity:
    """What it is. ``vendor`` is None where none was recognised or several were; ``why`` says why it can't join."""

    kind: str
    vendor: str | None
    maker: str | None
    why: str | None
    vendors_heard: tuple[str, ...]
    facts: Mapping[str, str]
    new: bool = False
    remarks: tuple[str, ...] = field(default=())


def told(question: Question, status: int, headers: Mapping[str, str], body: str) -> Told | None:
    """The answer, if it is one that only this vendor's devices give."""
    text = "\n".join([f"HTTP {status}", *(f"{key}: {value}" for key, value in headers.items()), "", body])
    return Told(question, text) if re.search(question.sign, text, re.MULTILINE) else None


def identify(heard: Sequence[Heard], answers: Sequence[Told]) -> Identity:
    """Put together what was heard and answered."""
    vendors = _vendors(heard, answers)
    own = [vendor for vendor in vendors if vendor != GENERIC]
    facts = _facts(heard, answers)
    maker = _maker(heard)
    proven = {answer.question.vendor for answer in answers} - {GENERIC}
    unsuited = None if proven else _unsuited(heard, facts, maker)
    if unsuited is not None:
        kind = _kind(facts, heard, "recorder" if unsuited is XIONGMAI and not vendors else "camera")
        return Identity(kind, None, maker or unsuited.name, unsuited.reason, vendors, facts)
    if len(own) > 1:
        remark = f"answers as {' and as '.join(own)}, which no device is at once; look at what stands there, then name its vendor"
        return Identity(_kind(facts, heard, "camera"), None, maker, None, vendors, facts, remarks=(remark,))
    stranger = None if vendors else _stranger(heard)
    if stranger is not None:
        return Identity(stranger.kind, None, maker or stranger.maker, None, (), facts)
    new = any(answer.new for answer in answers) or any(_says_new(one) for one in heard)
    vendor = next(iter((*own, *vendors)), None)
    return Identity("unknown" if vendor is None else _kind(facts, heard, "camera"), vendor, maker, None, vendors, facts, new)


def _vendors(heard: Iterable[Heard], answers: Iterable[Told]) -> tuple[str, ...]:
    """Every vendor that the device gave itself away as, in the order of the signs."""
    found = {sign.vendor for sign in SIGNS for one in heard if one.how == sign.how and _says(one, sign.word, sign.pattern)}
    found |= {answer.question.vendor for answer in answers}
    return tuple(dict.fromkeys(entry.vendor for entry in (*SIGNS, *QUESTIONS) if entry.vendor in found))


def _says(one: Heard, word: str | None, pattern: str) -> bool:
    return word is None or re.search(pattern, one.says.get(word, ""), re.IGNORECASE) is not None


def _says_new(one: Heard) -> bool:
    """SADP says whether it is activated; DHIP's Init has its last bits at 1 for a device without a password (coded by others)."""
    if one.how == "sadp":
        return one.says.get("activated", "").lower() == "false"
    return one.how == "dhip" and one.says.get("init", "").isdecimal() and int(one.says["init"]) & 3 == 1


def _facts(heard: Sequence[Heard], answers: Sequence[Told]) -> dict[str, str]:
    said: dict[str, list[Mapping[str, str]]] = {how: [one.says for one in heard if one.how == how] for how in TRUSTED}
    said["asked"] = [answer.facts for answer in answers]
    facts: dict[str, str] = {}
    for how in TRUSTED:
        for says in said[how]:
            facts |= {key: says[key].strip() for key in FACTS if says.get(key, "").strip() and key not in facts}
    mac = mac_of(next((one.mac for one in heard if one.mac), None) or facts.pop("mac", ""))
    return facts | ({"mac": mac} if mac else {})


def _maker(heard: Iterable[Heard]) -> str | None:
    # DHIP's Vendor is the brand, and its Manufacturer only the protocol's name.
    words = [(one.says.get("vendor") or one.says.get("maker", "")).strip() for how in TRUSTED for one in heard if one.how == how]
    return next((word for word in words if word), None)


def _unsuited(heard: Sequence[Heard], facts: Mapping[str, str], maker: str | None) -> Unsuited | None:
    said = {f"identity.{key}": facts.get(key, "") for key in ("model", "firmware")} | {"identity.maker": maker or ""}
    named = {"identity.model": facts.get("name", "")}  # what an app names is often all that such a camera says
    found = recognised(said) or recognised(named)
    return found or (XIONGMAI if any(one.port == XIONGMAI_PORT for one in heard) else None)


def _stranger(heard: Sequence[Heard]) -> Stranger | None:
    text = " | ".join(one.says.get(word, "") for one in heard for word in WORDS)
    by_words = next((kind for kind in STRANGERS if re.search(kind.pattern, text, re.IGNORECASE)), None)
    return by_words or next((STRANGER_PORTS[one.port] for one in heard if one.port in STRANGER_PORTS), None)


def _kind(facts: Mapping[str, str], heard: Iterable[Heard], otherwise: str) -> str:
    classes = " ".join(one.says.get("class", "") for one in heard)
    return "recorder" if RECORDER.search(facts.get("model", "")) or RECORDER.search(classes) else otherwise

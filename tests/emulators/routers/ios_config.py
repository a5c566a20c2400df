"""What a typed line does to a configuration of IOS: it replaces the line of its key, opens a block, or is refused."""

from __future__ import annotations

import base64
import hashlib
import re

from tests.emulators.routers import ios_entries
from tests.emulators.routers.ios_grammar import CHOICES, MODES
from tests.emulators.routers.ios_removal import INVALID, Refused, Removal, after
from tests.emulators.routers.ios_rules import PHYSICAL, NoMatch, match, split
from tests.emulators.routers.ios_tree import Node

CREATED = {
    "interface": lambda name: ["no ip address"] if not name.startswith(PHYSICAL) else [],
    "bgp": lambda _: ["bgp log-neighbor-changes"],
    "transform-set": lambda _: ["mode tunnel"],
}
# What the device says when such a block is entered for the first time; no refusal.
REMINDERS = {
    "ikev2-proposal": "IKEv2 proposal MUST either have a set of an encryption algorithm other than aes-gcm, an integrity algorithm and a DH group configured or \n encryption algorithm aes-gcm, a prf algorithm and a DH group configured",
    "ikev2-policy": "IKEv2 policy MUST have atleast one complete proposal attached",
    "ikev2-profile": "IKEv2 profile MUST have:\n   1. A local and a remote authentication method.\n   2. A match identity or a match certificate or match any statement.",
}
# Where a name must exist before it is used: first words of the line -> first words of the block, and the device's answer (words are from memory).
NEEDS = {
    ("service-policy", "output"): (("policy-map",), "% policy map {name} not configured"),
    ("service-policy", "input"): (("policy-map",), "% policy map {name} not configured"),
    ("service-policy",): (("policy-map",), "% policy map {name} not configured"),
    ("class",): (("class-map",), "% class map {name} not configured"),
    ("set", "ikev2-profile"): (("crypto", "ikev2", "profile"), "% IKEv2 profile {name} not configured"),
    ("set", "transform-set"): (("crypto", "ipsec", "transform-set"), "ERROR: transform set with tag {name} does not exist."),
    ("tunnel", "protection", "ipsec", "profile"): (("crypto", "ipsec", "profile"), "% Profile {name} doesn't exist"),
    ("keyring", "local"): (("crypto", "ikev2", "keyring"), "% IKEv2 keyring {name} not configured"),
}


class Config(Removal):
    """The configuration that one types into."""

    def type(self, path, line):
        """Take one line in the mode of the last node of ``path``: the new path, and what the device says. Raises Refused."""
        words, columns = split(line)
        parent = path[-1]
        if words[0] in ("no", "default"):
            return path, self._remove(parent, words[1:], columns[1:])
        try:
            found = self._matched(parent.mode, words)
        except NoMatch as no:
            known = next((one for one in parent.children if one.text == line.strip()), None)
            if known is not None:
                return [*path, known] if known.children else path, ""
            raise self._refusal(no.at, columns) from None
        self._check_choices(parent.mode, found, columns)
        written, said = self._write(parent, found, columns)
        return ([*path, written] if found.rule.mode else path), said

    def _matched(self, mode, words):
        return match(MODES[mode], words)

    def _check_choices(self, mode, found, columns):
        for (where, first), choices in CHOICES.items():
            head = tuple(first.split())
            if where == mode and found.words[: len(head)] == head:
                skip = len(head) + (head[0] == "crypto")
                for index, word in enumerate(" ".join(found.words).split()[skip:], skip):
                    if word not in choices:
                        raise Refused(INVALID, columns[index])

    def _write(self, parent, found, columns):
        words, key, rule = found.words, found.key, found.rule
        said = self._before(found)
        if rule.mode == "interface" and not self._has(key) and key[1].startswith(PHYSICAL) and "." not in key[1]:
            raise Refused(INVALID, columns[1])
        text = self._text(parent, found)
        if text is None:
            return parent, said
        if parent.mode in ("acl", "acl-standard"):
            return self._entry(parent, words, columns), said
        if key[:2] == ("ip", "address") and key[-1] != "secondary":
            key = ("ip", "address")
            parent.children[:] = [one for one in parent.children if one.key != key]
        node = next((one for one in parent.children if one.key == key), None)
        if node is not None:
            node.text = text
            if rule.shown == "off":
                parent.children.remove(node)
            return node, said
        if words[:2] == ("ip", "prefix-list"):
            key = tuple(text.split())
            parent.children[:] = [one for one in parent.children if one.key[:5] != key[:5] or key[3] != "seq"]
        node = Node(text, key, rule.rank, rule.mode)
        if rule.shown == "off":
            return node, said
        place = next((index for index, one in enumerate(parent.children) if after(one, node)), len(parent.children))
        parent.children.insert(place, node)
        for child in CREATED.get(rule.mode, lambda _: [])(key[-1]):
            node.children.append(self._created(node, child))
        return node, said or REMINDERS.get(rule.mode, "")

    def _created(self, node, line):
        found = match(MODES[node.mode], split(line.removeprefix("no "))[0])
        return Node(line, found.key, found.rule.rank, found.rule.mode)

    def _has(self, key):
        return any(one.key == key for one in self.root.children)

    def _before(self, found):
        """What must be there, or mustn't, before the line can be taken."""
        words = found.words
        flat = " ".join(words).split()
        for head, (block, refusal) in NEEDS.items():
            if tuple(flat[: len(head)]) == head and len(flat) > len(head):
                name = flat[len(head)]
                if head == ("service-policy",) and name in ("input", "output"):
                    continue
                if name != "class-default" and not any(
                    one.key[: len(block)] == block and one.key[-1] == name for one in self.root.children
                ):
                    raise Refused(refusal.format(name=name))
        if words[:2] == ("router", "bgp"):
            running = next((one for one in self.root.children if one.key[:2] == ("router", "bgp")), None)
            if running is not None and running.text != " ".join(words):
                raise Refused(f"BGP is already running; AS is {running.text.split()[-1]}")
        if words[:2] == ("ip", "sla") and words[2] != "schedule" and self._has(("ip", "sla", "schedule", words[2])):
            raise Refused(
                "%Entry already running and cannot be modified\n        (only can delete (no) and start over)\n        (check to see if the probe has finished exiting)"
            )
        if words[0] == "neighbor" and words[2] != "remote-as":
            bgp = next(one for one in self.root.children if one.key[:2] == ("router", "bgp"))
            if not any(one.key == ("neighbor", words[1], "remote-as") for one in bgp.children):
                raise Refused("% Specify remote-as or peer-group commands first")
        return ""

    def _text(self, parent, found):
        """The line as the device writes it; None for what it doesn't show at all."""
        words = list(found.words)
        if words[:2] == ["snmp-server", "user"]:
            self.hidden[words[2]] = words
            return None
        if words[0] == "username" and parent is self.root:
            return self._user(words[1], words[2])
        if words[:2] == ["enable", "secret"]:
            return f"enable secret {hashed(words[2].removeprefix('0 '))}" if not re.match(r"[589] \$", words[2]) else " ".join(words)
        if words[:2] == ["clock", "timezone"] and len(words[3].split()) == 1:
            words.append("0")
        if words[:2] == ["ip", "prefix-list"] and "seq" not in words and words[3] in ("permit", "deny"):
            return self._numbered(words)
        if words[0] == "class-map" and len(words) == 2:
            words.insert(1, "match-all")
        if words[0] == "address-family" and words[-1] == "unicast":
            words.pop()
        return " ".join(words)

    def _numbered(self, words):
        """An entry of a prefix list without a number gets the next one; the same entry again is no news."""
        entries = [one.text.split() for one in self.root.children if one.key[:3] == tuple(words[:3]) and "seq" in one.text.split()]
        if any(one[5:] == words[3:] for one in entries):
            return None
        number = max((int(one[4]) for one in entries), default=0) // 5 * 5 + 5
        return " ".join([*words[:3], "seq", str(number), *words[3:]])

    def _user(self, name, rest):
        """Attributes of an account add up over several lines."""
        known = self.root.child("username", name)
        had = known.text.removeprefix(f"username {name} ") if known else ""
        had = "" if had.startswith("username") else had
        privilege = re.search(r"privilege (\d+)", rest) or re.search(r"privilege (\d+)", had)
        secret = re.search(r"(?:secret|password) (?:(\d) )?(\S+)\s*$", rest)
        shown = re.search(r"secret .*", had)
        if secret:
            shown = f"secret {secret[1]} {secret[2]}" if secret[1] in ("5", "8", "9") else f"secret {hashed(secret[2])}"
        else:
            shown = shown[0] if shown else ""
        return " ".join(filter(None, ["username", name, privilege and privilege[0], shown]))

    def _entry(self, parent, words, columns):
        """An entry of an access list: in the order of its number, in the device's own words."""
        words = " ".join(words).split()
        numbered = words[0].isdigit()
        action, rest = words[numbered], words[numbered + 1 :]
        try:
            if action != "remark":
                rest = (ios_entries.extended if parent.mode == "acl" else ios_entries.standard)(rest)
        except ios_entries.Wrong as wrong:
            raise self._refusal(wrong.at + numbered + 1, columns) from None
        text = " ".join([action, *rest])
        same = next((one for one in parent.children if one.text.split(" ", 1)[1] == text), None)
        if same is not None and action != "remark":
            return same
        last = max((int(one.key[0]) for one in parent.children), default=0)
        number = int(words[0]) if numbered else last // 10 * 10 + 10
        taken = next((one for one in parent.children if one.key == (str(number),)), None)
        if taken is not None and action != "remark":
            raise Refused("% Duplicate sequence number.")
        node = Node(f"{number} {text}", (str(number),), number, None)
        parent.children.append(node)
        parent.children.sort(key=lambda one: one.rank)
        return node

    def add_key(self, user, data):
        """A public key that was typed in as text: the device keeps its hash alone. Raises Refused."""
        kind, _, rest = data.strip().partition(" ")
        body = rest.split()[0] if rest else kind
        try:
            blob = base64.b64decode(body, validate=True)
            name = blob[4 : 4 + int.from_bytes(blob[:4])].decode()
        except (ValueError, UnicodeDecodeError):
            name = ""
        if not name.startswith(("ssh-", "ecdsa-")):
            raise Refused("%SSH: Failed to decode the Key Value")
        digest = hashlib.md5(blob).hexdigest().upper()
        comment = " ".join(rest.split()[1:])
        text = " ".join(filter(None, ["key-hash", name, digest, comment]))
        if not any(one.key == ("key-hash", name, digest) for one in user.children):
            user.children.append(Node(text, ("key-hash", name, digest), 1, None))


def hashed(password):
    """A password of type 9 as the device shows it; the salt here is the same for all, so that it can be compared."""
    digest = base64.b64encode(hashlib.sha256(b"salt" + password.encode()).digest()).decode().rstrip("=")
    return f"9 $9$nhEmQVczB7dqsO${digest}"

"""The accounts of a Hikvision device: its users, what they may do from afar, and ONVIF's own accounts."""

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulators import isapi_documents as documents
from tests.emulators.hikvision_xml import BAD_PARAMETERS, BAD_XML, LOW_PRIVILEGE, NOT_SUPPORTED, OK, local, status, text, write, xml

LEVELS = ("Administrator", "Operator", "Viewer")
ONVIF_TYPES = ("administrator", "operator", "mediaUser")


def good_password(password):
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return 8 <= len(password) <= 16 and kinds >= 2


class Accounts:
    """The part of a device that keeps accounts; all but the first one can be deleted."""

    def seat(self, name, level):
        """An account as somebody made it, changed it, or took it away (no level) at the device's own page."""
        users = self.users()
        if not level:
            del users[name]
        elif name in users:
            users[name]["level"] = level
        else:
            users[name] = {"id": max(user["id"] for user in users.values()) + 1, "password": "Made-by-hand1", "level": level}

    async def _users(self, request, level):
        users = self.users()
        number = request.path.removeprefix("/ISAPI/Security/users").strip("/")
        if request.method == "GET":
            rows = [
                f"<User><id>{user['id']}</id><userName>{escape(name)}</userName><bondIpAddressList/><userLevel>{user['level']}</userLevel></User>"
                for name, user in users.items()
                if number in ("", str(user["id"]))
            ]
            return xml(f'<UserList version="2.0" xmlns="{documents.V20}">{"".join(rows)}</UserList>')
        if level != "Administrator":
            return status(*LOW_PRIVILEGE)
        name = next((key for key, user in users.items() if str(user["id"]) == number), None)
        if request.method == "DELETE":
            if name is None or number == "1":
                return status(*NOT_SUPPORTED)
            del users[name]
            self.state["permissions"].pop(number, None)
        else:
            refusal = self._set_user(request, users, name)
            if refusal is not None:
                return refusal
        self.save()
        await self.reseat()
        return status(*OK)

    def _set_user(self, request, users, name):
        try:
            root = ElementTree.fromstring(request.body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        password, user_level = text(root, "password"), text(root, "userLevel")
        new = request.method == "POST"
        if (password or new) and not good_password(password):
            return status(4, "Invalid Operation", "riskPassword", 200)
        if user_level and user_level not in LEVELS:
            return status(*BAD_PARAMETERS)
        if new:
            if text(root, "userName") in users:
                return status(4, "Invalid Operation", "userNameExist", 200)
            free = next(number for number in range(2, 32) if number not in {user["id"] for user in users.values()})
            users[text(root, "userName")] = {"id": free, "password": password, "level": user_level or "Viewer"}
            return None
        if name is None:
            return status(*NOT_SUPPORTED)
        if password:
            users[name]["password"] = password
        if user_level and users[name]["id"] != 1:
            users[name]["level"] = user_level
        return None

    def _permission(self, request, level):
        number = request.path.rsplit("/", 1)[-1]
        user = next((user for user in self.users().values() if str(user["id"]) == number), None)
        if user is None or level != "Administrator":
            return status(*NOT_SUPPORTED) if user is None else status(*LOW_PRIVILEGE)
        if request.method == "PUT":
            try:
                root = ElementTree.fromstring(request.body)
            except ElementTree.ParseError:
                return status(*BAD_XML)
            if local(root) != "UserPermission":
                return status(*BAD_XML)
            self.state["permissions"][number] = write(root)
            self.save()
            return status(*OK)
        return xml(self.state["permissions"].get(number) or documents.permission(number, user["level"]))

    def _onvif_users(self, request, level):
        """ONVIF's own accounts: a list of its own, of which passwords are never shown."""
        if level != "Administrator":
            return status(*LOW_PRIVILEGE)
        rows, number = self.state["onvif_users"], request.path.removeprefix("/ISAPI/Security/ONVIF/users").strip("/")
        row = next((row for row in rows if str(row["id"]) == number), None)
        if number and row is None:
            return status(*NOT_SUPPORTED)
        if request.method == "GET":
            inner = "".join(
                f"<User><id>{row['id']}</id><userName>{escape(row['name'])}</userName><userType>{row['type']}</userType></User>"
                for row in rows
                if number in ("", str(row["id"]))
            )
            return xml(inner if number else f'<UserList version="2.0" xmlns="{documents.V20}">{inner}</UserList>')
        if request.method == "DELETE":
            rows.remove(row) if row else rows.clear()
            self.save()
            return status(*OK)
        try:
            root = ElementTree.fromstring(request.body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        refusal = self._set_onvif_users([element for element in root.iter() if local(element) == "User"], row, request.method == "POST")
        if refusal is not None:
            return refusal
        self.save()
        return status(*OK)

    def _set_onvif_users(self, elements, row, new):
        """One account, or with a PUT to the list all of them."""
        rows, whole = self.state["onvif_users"], not new and row is None
        before = {old["id"]: old for old in rows}
        made = []
        for element in elements:
            old = row or (before.get(int(text(element, "id", "0"))) if whole else None) or {}
            password, kind = text(element, "password") or old.get("password", ""), text(element, "userType", old.get("type", "mediaUser"))
            if kind not in ONVIF_TYPES or not text(element, "userName"):
                return status(*BAD_PARAMETERS)
            if not good_password(password):
                return status(4, "Invalid Operation", "riskPassword", 200)
            made.append({"name": text(element, "userName"), "password": password, "type": kind} | ({"id": old["id"]} if old else {}))
        others = [] if whole else [other for other in rows if other is not row]
        names = [account["name"] for account in others + made]
        if (not elements and not whole) or len(set(names)) < len(names):
            return status(*BAD_PARAMETERS) if not elements else status(4, "Invalid Operation", "userNameExist", 200)
        for account in made:
            account.setdefault("id", next(n for n in range(1, 99) if n not in {other.get("id") for other in others + made}))
        self.state["onvif_users"] = sorted(others + made, key=lambda account: account["id"])
        return None

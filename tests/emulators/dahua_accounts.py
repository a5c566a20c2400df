"""The accounts of a Dahua device, as CGI and as RPC2 change them."""

import hashlib
import re

from tests.emulators.dahua_answers import BAD, BAD_PASSWORD, BAD_USER, NO_METHOD, NO_RIGHT, error, ok
from tests.emulators.http import Response

GROUPS = ("admin", "user")


def upper(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest().upper()


class Accounts:
    """The part of a device that keeps accounts; those that are reserved can't be deleted."""

    def seat(self, name, group):
        """An account as somebody made it, changed it, or took it away (no group) at the device's own page."""
        users = self.users()
        if not group:
            del users[name]
        elif name in users:
            users[name]["group"] = group
        else:
            users[name] = {**self._kept_password(name, "Made-by-hand1"), "group": group, "memo": "", "reserved": False}

    def _kept_password(self, name, password):
        """What a device keeps of a password: all of it in the old days."""
        return {"password": password} if self.old else {"hashed": upper(name, self.realm, password)}

    def _hashed(self, user):
        return self.users()[user]["hashed"]

    def _show_users(self):
        rows = [
            f"users[{n}].Name={user}\r\nusers[{n}].Group={account['group']}\r\nusers[{n}].Memo={account['memo']}"
            for n, (user, account) in enumerate(self.users().items())
        ]
        return Response(200, ("\r\n".join(rows) + "\r\n").encode())

    async def _change_users(self, action, asked):
        """Accounts by CGI, with the passwords as they are."""
        users = self.users()
        name = asked.get("user.Name") if action == "addUser" else asked.get("name")
        account = users.get(name)
        match action:
            case "addUser":
                if not name or account or asked.get("user.Group") not in GROUPS or not asked.get("user.Password"):
                    return Response(400, BAD)
                memo = asked.get("user.Memo", "")
                users[name] = {
                    **self._kept_password(name, asked["user.Password"]),
                    "group": asked["user.Group"],
                    "memo": memo,
                    "reserved": False,
                }
            case _ if account is None:
                return Response(400, BAD)
            case "deleteUser":
                if account["reserved"]:
                    return Response(400, BAD)
                del users[name]
            case "modifyUser":
                if asked.get("user.Group", account["group"]) not in GROUPS:
                    return Response(400, BAD)
                account |= {"group": asked.get("user.Group", account["group"]), "memo": asked.get("user.Memo", account["memo"])}
            case _:
                manager = "managerName" if action.endswith("ByManager") else "name"
                given = asked.get("managerPwd" if action.endswith("ByManager") else "pwdOld", "")
                theirs = users.get(asked.get(manager), {})
                if not theirs.items() >= self._kept_password(asked.get(manager, ""), given).items() or not asked.get("pwd"):
                    return Response(400, BAD)
                account |= self._kept_password(name, asked["pwd"])
        self.save()
        await self.reseat()
        return ok()

    async def _call_accounts(self, method, params, user):
        """Accounts by RPC2, with the passwords as the device keeps them."""
        users = self.users()
        admin = users[user]["group"] == "admin"
        match method:
            case "userManager.getUserInfoAll":
                rows = [
                    {
                        "Id": n,
                        "Name": name,
                        "Group": account["group"],
                        "Memo": account["memo"],
                        "Reserved": account["reserved"],
                        "Sharable": True,
                    }
                    for n, (name, account) in enumerate(users.items(), 1)
                ]
                return {"result": True, "params": {"users": rows}}
            case "userManager.addUser" if admin:
                new = params["user"]
                if new["Name"] in users or new["Group"] not in GROUPS or not re.fullmatch("[0-9A-F]{32}", new.get("Password") or ""):
                    return error(BAD_USER, "Invalid user!")
                users[new["Name"]] = {"hashed": new["Password"], "group": new["Group"], "memo": new.get("Memo", ""), "reserved": False}
            case "userManager.deleteUser" if admin and params.get("name") in users:
                if users[params["name"]]["reserved"]:
                    return error(BAD_USER, "Invalid user!")
                del users[params["name"]]
            case "userManager.modifyUser" if admin and params.get("name") in users:
                users[params["name"]]["group"] = params["user"]["Group"]
            case "userManager.modifyPassword" if params.get("name") in users:
                name = params["name"]
                old = self._hashed(name)
                if not re.fullmatch("[0-9A-F]{32}", params.get("pwd") or "") or not (
                    params.get("pwdOld") == old or (admin and name != user)
                ):
                    return error(BAD_PASSWORD, "Invalid password!")
                users[name]["hashed"] = params["pwd"]
            case _:
                return error(NO_METHOD if admin else NO_RIGHT, "Unknown method or no right")
        self.save()
        await self.reseat()
        return {"result": True}

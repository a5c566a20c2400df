"""A recorder's own small client for its cameras."""

import urllib.error
import urllib.request


class Refused(Exception):
    """The camera doesn't let this account do that."""


class Client:
    """HTTP with digest; one try a call."""

    def __init__(self, address, user, password):
        self._base = f"http://{address}"
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self._base, user, password)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPDigestAuthHandler(passwords))

    def get(self, path):
        return self._call(urllib.request.Request(self._base + path))

    def put(self, path, body):
        return self._call(urllib.request.Request(self._base + path, body, {"Content-Type": "application/xml"}, method="PUT"))

    def _call(self, request):
        try:
            with self._opener.open(request, timeout=3) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(str(error.code)) from None
        except ValueError as error:  # a second challenge: the login was refused
            raise Refused(str(error)) from None

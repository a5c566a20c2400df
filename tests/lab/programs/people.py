"""Enrol people and try every cell: `people.py BASE CERTIFICATE`, in an office's network; JSON on standard input, JSON printed.

Input: {"links": {name: [account, link]}, "password": ..., "asked": {cell: path}}. Printed: {name: {cell: status}}, under "" for
somebody who isn't logged in. A stranger to the product: it knows RFC 6238 and HTTP.
"""

import base64
import hashlib
import hmac
import http.cookiejar
import json
import ssl
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def code(otpauth, ahead_s=0):
    """The six digits of this moment, or of one a little ahead."""
    secret = urllib.parse.parse_qs(urllib.parse.urlsplit(otpauth).query)["secret"][0]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time() + ahead_s) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


class Person:
    def __init__(self, base, certificate):
        self.base = base
        context = ssl.create_default_context(cafile=certificate)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), cookies)

    def ask(self, path, body=None, read=True):
        """Its status and its text; a recorded minute is large, and who only asks whether it is there needn't ``read`` it."""
        headers = {"Content-Type": "application/json", "Origin": self.base} if body is not None else {}
        request = urllib.request.Request(self.base + path, data=None if body is None else json.dumps(body).encode(), headers=headers)
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, answer.read() if read else b""
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def asked(self, path, body=None):
        status, text = self.ask(path, body)
        assert status == 200, (path.split("/enrol/")[0], status, text)
        return json.loads(text)


def enrolled(person, link, password):
    """The secret for codes of whoever needs them."""
    token = link.rsplit("#", 1)[1]
    told = person.asked(f"/api/enrol/{token}")
    secret = told.get("otpauth")
    body = {"password": password} | ({"code": code(secret)} if secret else {})
    person.asked(f"/api/enrol/{token}", body)
    return secret


def main():
    base, certificate = sys.argv[1:]
    given = json.load(sys.stdin)
    found = {}
    for name, (account, link) in {"": (None, None), **given["links"]}.items():
        person = Person(base, certificate)
        if link:
            secret = enrolled(person, link, given["password"])
            # A code is taken once, and a clock may be half a minute ahead.
            body = {"account": account, "password": given["password"]} | ({"code": code(secret, 30)} if secret else {})
            person.asked("/api/login", body)
        found[name] = {cell: person.ask(path, read=False)[0] for cell, path in given["asked"].items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()

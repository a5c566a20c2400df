"""What is done to a Hikvision device once in a while: activation, backup, firmware, certificates."""

import asyncio
import base64
import hashlib
import json
import re
import secrets
import subprocess
import time
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulators import isapi_documents as documents
from tests.emulators.hikvision_accounts import good_password
from tests.emulators.hikvision_xml import BAD_PARAMETERS, BAD_XML, LOW_PRIVILEGE, NOT_SUPPORTED, OK, find, status, text, write, xml
from tests.emulators.http import Response, certificate, openssl

CERTIFICATE = "/ISAPI/Security/serverCertificate"
SUBJECT = {"C": "country", "ST": "province", "L": "locality", "O": "organization", "OU": "organizationUnit", "CN": "commonName"}


def rsa_encrypted(text, modulus):
    """PKCS#1 v1.5 with the exponent that these devices always take."""
    size = (modulus.bit_length() + 7) // 8
    padding = bytes(secrets.randbelow(255) + 1 for _ in range(size - 3 - len(text)))
    number = int.from_bytes(b"\0\2" + padding + b"\0" + text)
    return pow(number, 0x10001, modulus).to_bytes(size)


class Service:
    """The part of a device that is activated, backed up, upgraded and certified."""

    _random = ""
    _upgrade_began = None

    async def _factory_fresh(self, request):
        """Nothing but the way to the first password."""
        if request.path not in ("/ISAPI/Security/challenge", "/ISAPI/System/activate"):
            return status(4, "Invalid Operation", "notActivated", 403)
        try:
            root = ElementTree.fromstring(request.body)
            if request.path == "/ISAPI/Security/challenge":
                modulus = int(base64.b64decode(text(root, "key")), 16)
                self._random = secrets.token_hex(16)
                sealed = base64.b64encode(rsa_encrypted(self._random.encode(), modulus).hex().encode()).decode()
                return xml(f'<Challenge version="2.0" xmlns="{documents.V20}"><key>{sealed}</key></Challenge>')
            return await self._activate(bytes.fromhex(base64.b64decode(text(root, "password")).decode()))
        except (ElementTree.ParseError, ValueError, OverflowError):
            return status(*BAD_XML)

    async def _activate(self, sealed):
        if not self._random:
            return status(4, "Invalid Operation", "invalidOperation", 403)
        key, self._random = self._random, ""
        try:
            opened = openssl("enc", "-d", "-aes-128-ecb", "-nopad", "-K", key, given=sealed)
        except subprocess.CalledProcessError:
            return status(*BAD_PARAMETERS)
        password = opened[16:].rstrip(b"\0").decode("latin-1")
        if opened[:16] != key[:16].encode():
            return status(*BAD_PARAMETERS)
        if not good_password(password):
            return status(4, "Invalid Operation", "riskPassword", 400)
        self.users()[self.config["factory_user"]] = {"id": 1, "password": password, "level": "Administrator"}
        self.save()
        await self.refresh()
        return status(*OK)

    def _maintenance(self, request, level):
        if level != "Administrator":
            return status(*LOW_PRIVILEGE)
        match request.path.rsplit("/", 1)[-1], request.method:
            case "configurationData", "GET":
                if self.config["quirks"].get("backup_key") and "secretkey=" not in request.query:
                    return status(*BAD_PARAMETERS)
                sealed = hashlib.shake_256(json.dumps(self.state, sort_keys=True).encode()).digest(8192)
                return Response(200, b"HKCF" + sealed, "application/octet-stream")
            case "updateFirmware", "PUT":
                if not request.body.startswith(b"HKFW"):
                    return status(6, "Invalid XML Content", "badDevType", 400)
                self.images += 1
                if self.upgrade_fault == "full":
                    return status(3, "Device Error", "noMemory", 500)
                version = re.match(rb"HKFW (V[\d.]+)", request.body)
                self.state["upgrade"] = version.group(1).decode() if version else "V5.7.99"
                self.save()
                self._upgrade_began = time.monotonic()
                if self.config["quirks"].get("upgrade_reboots"):
                    self._reboot = asyncio.ensure_future(self.reboot())
                return status(7, "Reboot Required", "rebootRequired")
            case "factoryReset", "PUT":
                return self._forget()
            case "upgradeStatus", "GET":
                began = self._upgrade_began
                done = 100 if began is None else min(100, round(100 * (time.monotonic() - began) / self.config["pause_s"]))
                going = "true" if began is not None and done < 100 else "false"
                return xml(
                    f'<upgradeStatus version="2.0" xmlns="{documents.V20}"><upgrading>{going}</upgrading><percent>{done}</percent></upgradeStatus>'
                )
        return status(*NOT_SUPPORTED)

    async def off(self):
        """A firmware that was sent is run from the next start on."""
        await super().off()
        if "upgrade" in self.state:
            root = self.document("/ISAPI/System/deviceInfo")
            new = self.state.pop("upgrade")
            if self.upgrade_fault == "dead":
                self.config["pause_s"] = 3600
            if self.upgrade_fault != "old":
                find(root, "firmwareVersion").text = new
            if self.upgrade_fault == "password":
                self.users()[self.config["factory_user"]]["password"] = "of-another-1"
            if self.upgrade_fault == "another":
                self.turn("services.upnp", "false" if self.knob("services.upnp") == "true" else "true")
            self.state["documents"]["/ISAPI/System/deviceInfo"] = write(root)
            self._upgrade_began = None
            self.save()

    def _forget(self):
        """As it was delivered: nobody has a password; it starts again by itself."""
        self.state = self.factory() | {"users": {}, "channels": {}}
        self.save()
        self._reboot = asyncio.ensure_future(self.reboot())
        return status(*OK)

    def _certificates(self, request, level):
        """A request for the device's own key, and the certificate that answers it."""
        if level != "Administrator":
            return status(*LOW_PRIVILEGE)
        _, key = certificate(self._path.parent, self.config["name"])
        match request.path.removeprefix(f"{CERTIFICATE}/"), request.method:
            case "certSignReq", "PUT" | "POST":
                return self._make_request(request.body, key)
            case "certSignReq", "GET" if "request" in self.state:
                name = escape(self.state["request"]["name"])
                return xml(f'<CertificateReq version="2.0" xmlns="{documents.V20}"><commonName>{name}</commonName></CertificateReq>')
            case "downloadCertSignReq", "GET" if "request" in self.state:
                return Response(200, self.state["request"]["pem"].encode(), "application/x-pem-file")
            case "certificate", "PUT":
                try:
                    theirs = openssl("x509", "-noout", "-pubkey", given=request.body)
                except subprocess.CalledProcessError:
                    return status(*BAD_PARAMETERS)
                if theirs != openssl("pkey", "-in", key, "-pubout"):
                    return status(*BAD_PARAMETERS)
                self.install(request.body.decode())
                return status(*OK)
        return status(*NOT_SUPPORTED)

    def _make_request(self, body, key):
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        given = {"CN": self.config["address"]} | {short: text(root, name) for short, name in SUBJECT.items() if text(root, name)}
        if "request_name" in self.config["quirks"]:
            given["CN"] = self.config["quirks"]["request_name"]
        subject = "".join("/{}={}".format(short, value.replace("/", "\\/")) for short, value in given.items())
        try:
            made = openssl("req", "-new", "-utf8", "-key", key, "-subj", subject)
        except subprocess.CalledProcessError:
            return status(*BAD_PARAMETERS)
        self.state["request"] = {"name": given["CN"], "pem": made.decode()}
        self.save()
        return status(*OK)

"""The certificates of an AXIS OS 12 camera: keys and requests over REST, and over SOAP which of them the web server shows.

Paths and bodies are those that Keyfactor/axis-ipcamera-orchestrator sends to an M2035-LE and reads; what it doesn't read isn't proven.
"""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests.emulators.http import Response, openssl

REST = "/config/rest/cert/v1beta"
WEB, CERT = "http://www.axis.com/vapix/ws/webserver", "http://www.axis.com/vapix/ws/cert"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
    f'xmlns:aweb="{WEB}" xmlns:acert="{CERT}"><SOAP-ENV:Body>{{}}</SOAP-ENV:Body></SOAP-ENV:Envelope>'
)
SHOWN = (
    "<aweb:GetWebServerTlsConfigurationResponse><aweb:Configuration><aweb:Tls>true</aweb:Tls><aweb:ConnectionPolicies>"
    "<aweb:Admin>Https</aweb:Admin></aweb:ConnectionPolicies><aweb:Ciphers><acert:Cipher>ECDHE-RSA-AES256-GCM-SHA384</acert:Cipher>"
    "</aweb:Ciphers><aweb:CertificateSet><acert:Certificates><acert:Id>{}</acert:Id></acert:Certificates><acert:CACertificates/>"
    "<acert:TrustedCertificates/></aweb:CertificateSet></aweb:Configuration></aweb:GetWebServerTlsConfigurationResponse>"
)


class Wrong(Exception):
    """What the camera refuses, in its words."""


class Certificates:
    """Certificates by alias, each with its key; one of them is shown."""

    def __init__(self, camera):
        self._camera = camera

    @property
    def _kept(self):
        return self._camera.state.setdefault("certificates", {"default": {}})

    def answer(self, request):
        if request.path == "/vapix/services":
            return self._soap(request.body)
        try:
            data = self._rest(request.method, request.path.removeprefix(REST), json.loads(request.body or b"{}").get("data"))
        except Wrong as error:
            return Response(
                400, json.dumps({"status": "error", "error": {"code": 2103, "message": str(error)}}).encode(), "application/json"
            )
        self._camera.save()
        return Response(200, json.dumps({"status": "success"} | ({} if data is None else {"data": data})).encode(), "application/json")

    def _rest(self, method, path, data):
        alias = (re.findall(r"/certificates/([^/]+)", path) or [None])[0]
        if alias is not None and alias not in self._kept:
            raise Wrong(f"No certificate {alias}")
        match method, path.replace(f"/{alias}", "/*"):
            case "GET", "/certificates":
                return [{"alias": one, "certificate": kept.get("pem", ""), "keystore": "TEE0"} for one, kept in self._kept.items()]
            case "GET", "/settings/keystore":
                return "TEE0"
            case "POST", "/create_certificate":
                return self._create(data)
            case "POST", "/certificates/*/get_csr":
                subject = "/" + self._kept[alias]["subject"]
                return self._with_key(self._kept[alias]["key"], "req", "-new", "-subj", subject)
            case "PATCH", "/certificates/*":
                return self._replace(alias, data["certificate"])
            case "DELETE", "/certificates/*":
                if alias == self._shown():
                    raise Wrong("The certificate is in use")
                del self._kept[alias]
                return None
        raise Wrong(f"{method} {path}")

    def _create(self, data):
        if data["alias"] in self._kept or data["key_type"] != "RSA-2048" or data["keystore"] != "TEE0":
            raise Wrong("Invalid certificate")
        self._kept[data["alias"]] = {"subject": data["subject"], "key": openssl("genrsa", "2048").decode()}

    def _replace(self, alias, pem):
        try:
            theirs = openssl("x509", "-noout", "-pubkey", given=pem.encode())
        except subprocess.CalledProcessError:
            raise Wrong("Invalid certificate") from None
        if theirs != openssl("pkey", "-pubout", given=self._kept[alias]["key"].encode()):
            raise Wrong("The certificate doesn't belong to the key")
        self._kept[alias]["pem"] = pem

    @staticmethod
    def _with_key(key, *words):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "key"
            file.write_text(key)
            return openssl(*words, "-key", file).decode()

    def _shown(self):
        return self._camera.state.get("shown", "default")

    def _soap(self, body):
        root = ElementTree.fromstring(body)
        if root.find(f".//{{{WEB}}}GetWebServerTlsConfiguration") is not None:
            return self._said(SHOWN.format(self._shown()))
        wished = root.find(f".//{{{WEB}}}SetWebServerTlsConfiguration")
        alias = wished.findtext(f".//{{{CERT}}}Certificates/{{{CERT}}}Id") if wished is not None else None
        kept = self._kept.get(alias, {})
        if "pem" not in kept or wished.find(f".//{{{CERT}}}Cipher") is None:
            fault = "<SOAP-ENV:Fault><SOAP-ENV:Reason><SOAP-ENV:Text>Invalid argument</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>"
            return Response(400, ENVELOPE.format(fault).encode(), "application/soap+xml")
        self._camera.state["shown"] = alias
        self._camera.install(kept["pem"], kept["key"])
        return self._said("<aweb:SetWebServerTlsConfigurationResponse/>")

    @staticmethod
    def _said(text):
        return Response(200, ENVELOPE.format(text).encode(), "application/soap+xml")

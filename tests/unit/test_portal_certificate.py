"""What a portal shows: its certificate of the province's authority, signed where that is due; and whose turn it is in a campaign."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from cryptography import x509

from cli.certificates import due
from tests.unit.authority import LIMITS, Made, openssl

NOW = datetime.now(UTC)


@pytest.fixture
def portal(tmp_path):
    """A portal's key, its self-signed certificate and its request, as the role makes them."""
    key, pem = tmp_path / "portal.key", tmp_path / "portal.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    names = ("-subj", "/CN=centre", "-addext", "subjectAltName=DNS:centre,IP:10.10.10.1")
    assert openssl("req", "-x509", *curve, "-days", "825", *names, "-keyout", key, "-out", pem)[0]
    return {"key": key, "shown": pem.read_text(), "request": request(key, "centre")}


def request(key, name):
    return openssl("req", "-new", "-key", key, "-subj", f"/CN={name}")[1]


def sign(folder, *more, **options):
    """The action as the role calls it."""
    host = {"ansible_host": "10.10.10.1", "motcua_pki": str(folder / "pki"), "motcua_province": "lab", "motcua_certificate_days": 730}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"centre-server": host}}}))
    words = ["centre-server", "-i", str(folder / "hosts.yml"), "-m", "motcua.cctv.certificate", "-a", json.dumps(options), *more]
    environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
    program = str(Path(sys.executable).with_name("ansible"))
    ran = subprocess.run([program, *words], capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert "=> {" in ran.stdout, ran.stdout + ran.stderr
    return json.loads("{" + ran.stdout.split("=> {", 1)[1])


def test_a_portal_is_signed_for_once_and_its_visitors_believe_it(portal, tmp_path):
    asked = {"name": "centre", "request": portal["request"], "shown": portal["shown"]}
    without = sign(tmp_path, **asked)
    assert (without["changed"], without["certificate"], without["published"]) == (False, portal["shown"], [])
    made = Made(tmp_path / "pki", NOW, LIMITS)
    predicted = sign(tmp_path, "--check", **asked)
    assert (predicted["changed"], predicted["certificate"], list(made.store.issued())) == (True, portal["shown"], [])
    first = sign(tmp_path, **asked)
    assert first["changed"] is True, first
    (tmp_path / "chain.pem").write_text(first["certificate"])
    (tmp_path / "trust.pem").write_text(first["trust"])
    own = x509.load_pem_x509_certificate(first["certificate"].encode())
    assert own.not_valid_after_utc - NOW < timedelta(days=398)
    strangers = ("-CAfile", made.store.folder / "root.pem", "-untrusted", tmp_path / "chain.pem", "-x509_strict")
    assert openssl("verify", *strangers, "-verify_ip", "10.10.10.1", "-purpose", "sslserver", tmp_path / "chain.pem")[0]
    assert openssl("verify", "-CAfile", tmp_path / "trust.pem", tmp_path / "chain.pem")[0]
    assert openssl("x509", "-in", tmp_path / "chain.pem", "-noout", "-pubkey")[1] == openssl("pkey", "-in", portal["key"], "-pubout")[1]
    # Who asks in between still sees the old one, and believes both.
    assert portal["shown"].strip() in first["trust"]
    again = sign(tmp_path, **asked | {"shown": first["certificate"]})
    assert (again["changed"], again["certificate"]) == (False, first["certificate"])
    assert portal["shown"].strip() not in again["trust"]
    assert again["trust"].startswith(first["certificate"])
    assert again["trust"].endswith(pki.pem(made.root).decode())
    assert "PRIVATE KEY" not in json.dumps([first, again])


def test_a_portal_is_signed_for_again_before_its_end_by_the_newest_authority_and_under_its_own_name(portal, tmp_path):
    made = Made(tmp_path / "pki", NOW, LIMITS)
    asked = {"name": "centre", "request": portal["request"], "shown": portal["shown"]}
    shown = {"shown": sign(tmp_path, **asked)["certificate"]}
    assert sign(tmp_path, **asked | shown, renew_days=396)["changed"] is False
    assert sign(tmp_path, **asked | shown, renew_days=398)["changed"] is True
    made.another(now=NOW)
    newer = sign(tmp_path, **asked | shown)
    assert newer["changed"] is True
    assert newer["published"][0]["name"] == "root.pem"
    refused = sign(tmp_path, **asked | {"request": request(portal["key"], "ioc")})
    assert refused["changed"] is False
    assert "for another name, ioc" in refused["msg"]
    assert sign(tmp_path, **asked | {"shown": "nothing"})["msg"].startswith("shown: is no certificate in PEM")


# --- whose turn it is ---


@pytest.fixture(scope="module")
def lab():
    province = load("inventory/lab/province.yml")
    return province, desired(province, plan(province))


def test_who_has_none_or_one_that_ends_takes_part_and_the_portals_with_them(lab, tmp_path):
    province, hosts = lab
    made = Made(tmp_path / "pki", NOW, LIMITS)
    portals = {"centre-server", "ioc-server"}
    makes_requests = {host.name for host in hosts if host.vendor == "hikvision" and host.scheme == "https" and host.recorder is None}
    assert makes_requests
    everything = due(made.store, province, hosts, everyone=False, experimental=True)
    assert set(everything) == portals | makes_requests
    assert set(everything.values()) == {1}
    assert set(due(made.store, province, hosts, everyone=False, experimental=False)) == portals
    key = pki.key_from(made.opened, made.store.signing(NOW))
    for name in ("centre", "ioc", *makes_requests):
        made.issue(key, pki.Wanted(name, "lab", (), 100), NOW)
    assert due(made.store, province, hosts, everyone=False, experimental=True) == {}
    assert set(due(made.store, province, hosts, everyone=True, experimental=True)) == portals | makes_requests
    ends = NOW + timedelta(days=71)
    assert set(due(made.store, province, hosts, everyone=False, experimental=True, now=ends)) == portals | makes_requests
    made.another(now=NOW)
    assert set(due(made.store, province, hosts, everyone=False, experimental=True).values()) == {2}
    made.opened = made.store.signing(NOW).key.read_text()
    for name in ("centre", "ioc", *makes_requests):
        made.issue(key, pki.Wanted(name, "lab", (), 100), NOW + timedelta(seconds=1))
    assert due(made.store, province, hosts, everyone=False, experimental=True) == {}
    one = min(makes_requests)
    assert made.store.revoke(made.store.current()[one], "an@may", "compromised", NOW)
    assert set(due(made.store, province, hosts, everyone=False, experimental=True)) == portals | {one}

"""`motcua rules update`: a newer file is checked, what it changes is said, and it takes the old one's place whole or not at all."""

import csv
import json

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.holes import FILE
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from typer.testing import CliRunner

from cli import rules as module

NOW = json.loads(FILE.read_text(encoding="utf-8"))
ROWS = list(csv.DictReader(FILE.with_name("kev.csv").open(encoding="utf-8")))
NEW_HOLE = {
    "cves": ["CVE-2026-11111"],
    "makers": ["hikvision"],
    "models": "^DS-2CD1",
    "affected": [{"build_before": "2026-09-01", "confidence": "V"}],
    "kev": None,
    "cvss": 8.8,
    "action": "upgrade",
    "advice": "upgrade",
    "confidence": "V",
    "source": "NVD",
}


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The data files, as copies that may be replaced."""
    for name, constant in (("vuln_rules.json", "FILE"), ("kev.csv", "KEV")):
        (tmp_path / name).write_bytes(FILE.with_name(name).read_bytes())
        monkeypatch.setattr(module, constant, tmp_path / name)
    return tmp_path


def rules(**changes):
    return json.loads(json.dumps(NOW)) | {"date": "2026-11-20"} | changes


def feed(*rows, date="2026-11-20T10:00:00.0000Z", **changes):
    """CISA's list as JSON, with what motcua ships and some rows more."""
    given = [
        {
            "cveID": row["cveID"],
            "vendorProject": row["vendor"],
            "product": row["product"],
            "dateAdded": row["dateAdded"],
            "cwes": [row["cwes"]],
        }
        for row in ROWS
    ]
    return {"dateReleased": date, "vulnerabilities": [*given, *rows], "count": len(given) + len(rows)} | changes


def listed(cve, vendor="Hikvision", date="2026-11-10"):
    return {"cveID": cve, "vendorProject": vendor, "product": "Cameras", "dateAdded": date, "cwes": ["CWE-78", "CWE-20"]}


def update(places, content, *arguments, name="new.json"):
    file = places / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return CliRunner().invoke(module.app, ["update", str(file), *arguments])


def kept(places):
    return json.loads((places / "vuln_rules.json").read_text(encoding="utf-8"))


def test_what_is_shipped_is_good_and_changes_nothing(places):
    assert update(places, NOW).output.splitlines()[0] == "No rule changes."
    assert kept(places) == NOW


def test_a_newer_file_is_shown_and_taken(places):
    changed = rules()
    changed["rules"][0]["cvss"] = 9.1
    changed["rules"].append(NEW_HOLE)
    done = update(places, changed)
    assert done.exit_code == 0, done.output
    assert "+ CVE-2026-11111: upgrade; upgrade" in done.output
    assert "~ CVE-2017-7921: cvss 9.8 -> 9.1" in done.output
    assert "The rules are of 2026-11-20." in done.output
    assert kept(places) == changed


def test_a_preview_writes_nothing(places):
    done = update(places, rules(rules=[*NOW["rules"], NEW_HOLE]), "--preview")
    assert "+ CVE-2026-11111" in done.output
    assert kept(places) == NOW


def without(cve):
    return [rule for rule in NOW["rules"] if cve not in rule["cves"]]


def entry(**changes):
    return rules(rules=[*NOW["rules"], NEW_HOLE | changes])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ([], "holds no rules and no list of exploited holes"),
        ({"note": "x"}, "date: Field required; correct it there"),
        (entry(models="DS-(2CD"), "rules.43.models: 'DS-(2CD' is no regular expression: "),
        (entry(cves=["CVE-26-1"]), "rules.43.cves.0: String should match pattern"),
        (entry(kev="last week"), "rules.43.kev: Invalid isoformat string: 'last week'; correct it there"),
        (entry(action="pray"), "rules.43.action: Input should be"),
        (entry(afected=[]), "rules.43.afected: Extra inputs are not permitted"),
        (entry(affected=[{"confidence": "V", "build_befor": "2026-01-01"}]), "rules.43.affected.0.build_befor: "),
        (rules(date="2026-01-01"), "is of 2026-01-01, and the rules are of 2026-08-07; get a newer one, or give --force"),
        (rules(rules=without("CVE-2017-7921")), "has no rule any more for CVE-2017-7921; get the whole file, or give --force"),
        (feed(date="2026-01-01T00:00:00Z"), "is of 2026-01-01, and the rules are of 2026-08-07; get a newer one, or give --force"),
        (feed(count=7), "says 7 holes and has "),
        (feed(listed("CVE-1")), "cveID: 'CVE-1' is no number of a hole"),
        (feed(listed("CVE-2026-1111", date="10/11/2026")), "CVE-2026-1111: dateAdded: '10/11/2026' is no day"),
        (feed("CVE-2026-1111"), "is no entry of CISA's list"),
        ("cveID,vendorProject\n", "holds no exploited holes"),
    ],
)  # fmt: skip
def test_what_is_no_good_is_one_sentence_and_nothing_is_replaced(places, content, sentence):
    done = update(places, content)
    assert isinstance(done.exception, ModelError), done.output
    assert str(done.exception).startswith(f"{places / 'new.json'}: ")
    assert sentence in str(done.exception)
    assert "\n" not in str(done.exception)
    assert kept(places) == NOW


@pytest.mark.parametrize("content", [rules(date="2026-01-01"), rules(rules=without("CVE-2017-7921"))])
def test_force_takes_an_older_one_and_one_with_fewer_rules(places, content):
    assert update(places, content, "--force").exit_code == 0
    assert kept(places) == content


def test_the_list_of_exploited_holes_dates_those_that_we_know_and_names_the_others(places):
    done = update(places, feed(listed("CVE-2023-28811"), listed("CVE-2026-22222"), listed("CVE-2026-33333", "Acme Toasters")))
    assert done.exit_code == 0, done.output
    assert "~ CVE-2023-28811: kev None -> 2026-11-10" in done.output
    assert "? CVE-2026-22222: Hikvision Cameras, exploited since 2026-11-10: no rule covers it" in done.output
    assert "CVE-2026-33333" not in done.output
    assert "CVE-2018-13379" not in done.output  # Fortinet's, which was known to have no rule
    assert "1 of them new: kev.csv names them all" in done.output
    assert {rule["kev"] for rule in kept(places)["rules"] if "CVE-2023-28811" in rule["cves"]} == {"2026-11-10"}
    assert kept(places)["date"] == "2026-11-20"
    assert 'CVE-2026-22222,Hikvision,Cameras,,2026-11-10,"CWE-78, CWE-20",,' in (places / "kev.csv").read_text(encoding="utf-8")


def test_a_list_that_is_only_a_part_takes_no_date_away(places):
    update(places, {"dateReleased": "2026-11-20", "vulnerabilities": [listed("CVE-2026-22222")]})
    assert [rule["kev"] for rule in kept(places)["rules"]] == [rule["kev"] for rule in NOW["rules"]]
    assert {row["cveID"] for row in csv.DictReader((places / "kev.csv").open(encoding="utf-8"))} == {
        *(row["cveID"] for row in ROWS), "CVE-2026-22222",
    }  # fmt: skip


def test_the_list_may_be_csv_as_cisa_writes_it(places):
    head = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes"
    done = update(
        places, f'{head}\nCVE-2023-28811,Hikvision,NVR,Overflow,2026-11-10,"a, b",x,2026-12-01,Unknown,,CWE-120\n', name="kev.csv.new"
    )
    assert done.exit_code == 0, done.output
    assert "~ CVE-2023-28811: kev None -> 2026-11-10" in done.output


def test_a_disk_that_takes_nothing_leaves_the_old_file(places, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    done = update(places, rules())
    assert isinstance(done.exception, MotcuaError)
    assert "No space left on device" in str(done.exception)
    assert kept(places) == NOW
    assert not list(places.glob(".*.draft"))

"""Prometheus and Alertmanager: what fires, what doesn't, what silences what; judged by their own programs."""

import json
import shutil
import socket
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import desired
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from pydantic import ValidationError

from . import watching  # noqa: F401  it finds the role's package
from .provinces import raw_province, raw_site

from state import causes, metrics  # isort: skip

RULES = Path("roles/monitoring/files/motcua.rules.yml")
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool judges the rules; scripts/setup --dev installs prometheus")
LANGUAGES = ("summary_vi", "summary_en", "do_vi", "do_en")
INFO = {
    'motcua_site_info{site="s1",site_name="Xã Một",unit="Xã Mới"}': "1x2000",
    'motcua_cause_info{cause="power",words_vi="Mất điện",words_en="Power"}': "1x2000",
}
SITE = {"site": "s1", "site_name": "Xã Một", "unit": "Xã Mới"}


def down(name, of, labels, cause="power", muted=None):
    """The series of something that is down, with its cause."""
    mute = {} if muted is None else {'motcua_site_muted{site="s1"}': muted}
    where = ",".join(f'{key}="{value}"' for key, value in labels.items() if key in ("site", "line", "camera"))
    shown = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return {f"{name}{{{shown}}}": "0x2000", f'motcua_cause{{of="{of}",{where},cause="{cause}"}}': "1x2000", **INFO, **mute}


LINE = {"site": "s1", "line": "ftth", "provider": "VNPT", "kind": "ftth"}
CAMERA = {"site": "s1", "camera": "s1-cam1", "camera_name": "Quầy", "zone": "counter"}
WRITTEN = "motcua_state_written_timestamp_seconds"
SHARD = '{shard="/s"}'
VIDEO = ",".join(f'{key}="{value}"' for key, value in (LINE | {"direction": "up"}).items())

# (alert, series, at which second it is asked, labels of the one that fires or None). A series is written as promtool takes it, a sample each 10 s.
CASES = {
    "state that is written": ("MotcuaStateOld", {WRITTEN: "0+10x100"}, 300, None),
    "state that has stopped": ("MotcuaStateOld", {WRITTEN: "10x100"}, 300, {}),
    "state that was never written": ("MotcuaStateOld", {"up": "1x100"}, 300, {}),
    "something that couldn't be looked at": ("MotcuaCouldNotLook", {'motcua_trouble{what="index"}': "1x100"}, 400, {"what": "index"}),
    "exporter that is gone": ("MotcuaTargetGone", {'up{job="node",instance="centre"}': "0x100"}, 300, {"job": "node", "instance": "centre"}),
    "site that is up": ("MotcuaSiteUnreachable", {'motcua_site_up{site="s1",provider=""}': "1x100", **INFO}, 300, None),
    "site that is down": ("MotcuaSiteUnreachable", down("motcua_site_up", "site", {"site": "s1", "provider": "VNPT"}), 300, SITE | {"provider": "VNPT", "cause": "power"}),
    "site that was down for a moment": ("MotcuaSiteUnreachable", {**down("motcua_site_up", "site", {"site": "s1"}), 'motcua_site_up{site="s1"}': "1x20 0 0 1x20"}, 230, None),
    "site that is down and muted": ("MotcuaSiteUnreachable", down("motcua_site_up", "site", {"site": "s1"}, muted="1x100"), 300, None),
    "site that is down after its window": ("MotcuaSiteUnreachable", down("motcua_site_up", "site", {"site": "s1"}, muted="1x10 0x90"), 300, SITE | {"cause": "power"}),
    "one site of two is down": ("MotcuaCentreCut", {'motcua_site_up{site="s1"}': "0x100", 'motcua_site_up{site="s2"}': "1x100"}, 300, None),
    "all sites are down": ("MotcuaCentreCut", {'motcua_site_up{site="s1"}': "0x100", 'motcua_site_up{site="s2"}': "0x100"}, 300, {}),
    "line of the centre": ("MotcuaCentreLineDown", {'motcua_centre_line_up{kind="ftth"}': "0x100"}, 300, {"kind": "ftth"}),
    "provider": ("MotcuaProviderDown", down("motcua_tunnel_up", "line", LINE, "provider"), 300, {"provider": "VNPT", "kind": "ftth"}),
    "line that isn't the provider": ("MotcuaProviderDown", down("motcua_tunnel_up", "line", LINE, "line"), 300, None),
    "tunnel": ("MotcuaTunnelDown", down("motcua_tunnel_up", "line", LINE), 300, SITE | LINE | {"cause": "power"}),
    "tunnel of a muted site": ("MotcuaTunnelDown", down("motcua_tunnel_up", "line", LINE, muted="1x100"), 300, None),
    "clock that is right": ("MotcuaClockDrift", {"motcua_clock_offset_seconds": "0.4x100"}, 300, None),
    "clock that drifts": ("MotcuaClockDrift", {"motcua_clock_offset_seconds": "0.6x100"}, 300, {}),
    "clock without a source": ("MotcuaClockWithoutSource", {"up": "1x100"}, 900, {}),
    "certificate of 31 days": ("MotcuaCertificateEnds", {"probe_ssl_earliest_cert_expiry": f"{31 * 86400}x100"}, 300, None),
    "certificate of 29 days": ("MotcuaCertificateEnds", {"probe_ssl_earliest_cert_expiry": f"{29 * 86400}x100"}, 300, {}),
    "portal": ("MotcuaPortalSilent", {'probe_success{job="portal",instance="i"}': "0x100"}, 300, {"job": "portal", "instance": "i"}),
    "disk with room": ("MotcuaShardFull", {f"motcua_shard_available_bytes{SHARD}": "60x100", f"motcua_shard_reserve_bytes{SHARD}": "50x100"}, 900, None),
    "disk that is full": ("MotcuaShardFull", {f"motcua_shard_available_bytes{SHARD}": "40x100", f"motcua_shard_reserve_bytes{SHARD}": "50x100"}, 900, {"shard": "/s"}),
    "disk that is gone": ("MotcuaShardGone", {f"motcua_shard_size_bytes{SHARD}": "9x300 stale"}, 4800, {"shard": "/s"}),
    "disk that holds less than is kept": (
        "MotcuaShardTooSmall",
        {f"motcua_shard_held_seconds{SHARD}": "9x100", f"motcua_shard_retention_seconds{SHARD}": "10x100"}, 900, {"shard": "/s"},
    ),
    "disk that will be full": (
        "MotcuaShardDaysLeft",
        {f"motcua_shard_available_bytes{SHARD}": "500000-1x1000", f"motcua_shard_reserve_bytes{SHARD}": "100x1000",
         f"motcua_shard_held_seconds{SHARD}": "9x1000", f"motcua_shard_retention_seconds{SHARD}": "10x1000"}, 9000, None,
    ),
    "disk that will be full soon": (
        "MotcuaShardDaysLeft",
        {f"motcua_shard_available_bytes{SHARD}": "50000-1x1000", f"motcua_shard_reserve_bytes{SHARD}": "100x1000",
         f"motcua_shard_held_seconds{SHARD}": "9x1000", f"motcua_shard_retention_seconds{SHARD}": "10x1000"}, 9000, {"shard": "/s"},
    ),
    "disk that fills but holds the whole retention": (
        "MotcuaShardDaysLeft",
        {f"motcua_shard_available_bytes{SHARD}": "50000-1x1000", f"motcua_shard_reserve_bytes{SHARD}": "100x1000",
         f"motcua_shard_held_seconds{SHARD}": "11x1000", f"motcua_shard_retention_seconds{SHARD}": "10x1000"}, 9000, None,
    ),
    "system disk of which little is known": ("MotcuaSystemDiskDaysLeft", {'node_filesystem_avail_bytes{mountpoint="/"}': "20000-1x1000"}, 6000, None),
    "system disk": ("MotcuaSystemDiskDaysLeft", {'node_filesystem_avail_bytes{mountpoint="/"}': "20000-1x1000"}, 9000, {"mountpoint": "/"}),
    "line within its rule": (
        "MotcuaLineOverItsRule",
        {f"motcua_line_bytes_total{{{VIDEO}}}": "0+9x1000", f"motcua_line_limit_bytes_per_second{{{VIDEO}}}": "1x1000", **INFO}, 9000, None,
    ),
    "line over its rule": (
        "MotcuaLineOverItsRule",
        {f"motcua_line_bytes_total{{{VIDEO}}}": "0+11x1000", f"motcua_line_limit_bytes_per_second{{{VIDEO}}}": "1x1000", **INFO}, 9000,
        SITE | LINE | {"direction": "up"},
    ),
    "line that was over its rule for some minutes of the day": (
        "MotcuaLineOverItsRule",
        {f"motcua_line_bytes_total{{{VIDEO}}}": "0+9x1900 17100+99x30", f"motcua_line_limit_bytes_per_second{{{VIDEO}}}": "1x2000", **INFO}, 19300, None,
    ),
    "slow line": (
        "MotcuaLineSlow",
        {'probe_icmp_duration_seconds{job="routers",phase="rtt",site="s1"}': "0.4x200", **INFO}, 1500, SITE | {"job": "routers", "phase": "rtt"},
    ),
    "camera": ("MotcuaCameraStale", down("motcua_camera_live", "camera", CAMERA), 60, SITE | CAMERA | {"cause": "power"}),
    "camera of a muted site": ("MotcuaCameraStale", down("motcua_camera_live", "camera", CAMERA, muted="1x100"), 300, None),
    "camera that lives": ("MotcuaCameraStale", down("motcua_camera_live", "camera", CAMERA) | {'motcua_camera_live{site="s1",camera="s1-cam1",camera_name="Quầy",zone="counter"}': "1x100"}, 300, None),
    "camera of which nothing is known": (
        "MotcuaCameraUnknown", {'motcua_cause{of="camera",site="s1",camera="s1-cam1",cause="unknown"}': "1x100", **INFO}, 600,
        SITE | {"of": "camera", "camera": "s1-cam1", "cause": "unknown"},
    ),
    "camera that lives and isn't recorded": (
        "MotcuaCameraNotRecorded",
        {'motcua_camera_recording{site="s1",camera="s1-cam1"}': "0x100", 'motcua_camera_live{site="s1",camera="s1-cam1"}': "1x100", **INFO}, 600,
        SITE | {"camera": "s1-cam1"},
    ),
    "camera that is off isn't recorded either": (
        "MotcuaCameraNotRecorded",
        {'motcua_camera_recording{site="s1",camera="s1-cam1"}': "0x100", 'motcua_camera_live{site="s1",camera="s1-cam1"}': "0x100", **INFO}, 600, None,
    ),
    "some restarts": ("MotcuaRecorderRestartStorm", {'motcua_recorder_restarts_total{site="s1",camera="c"}': "0x200 9x200", **INFO}, 3600, None),
    "a storm of restarts": (
        "MotcuaRecorderRestartStorm", {'motcua_recorder_restarts_total{site="s1",camera="c"}': "0x200 0+1x200", **INFO}, 3600, SITE | {"camera": "c"},
    ),
    "device that takes no connections": (
        "MotcuaDeviceSilent", {'probe_success{job="devices",site="s1",device="d"}': "0x100", **INFO}, 600, SITE | {"job": "devices", "device": "d"},
    ),
}  # fmt: skip


def alerts():
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"] if "alert" in rule}


def case(name, alert, series, second, labels):
    """One of CASES as promtool takes it."""
    fires = [] if labels is None else [{"exp_labels": {**alerts()[alert]["labels"], **labels}}]
    return {
        "name": name,
        "interval": "10s",
        "input_series": [{"series": key, "values": value} for key, value in series.items()],
        "alert_rule_test": [{"eval_time": f"{second}s", "alertname": alert, "exp_alerts": fires}],
    }


def judge(tmp_path, rules, *tests, every="10s"):
    """What promtool says to rules that are evaluated so often, and tests."""
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules, allow_unicode=True))
    asked = {"rule_files": ["rules.yml"], "evaluation_interval": every, "tests": tests}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(asked, allow_unicode=True))
    return subprocess.run(["promtool", "test", "rules", str(tmp_path / "test.yml")], capture_output=True, text=True, check=False)


@promtool
@pytest.mark.parametrize(("shortest", "longest", "every"), [(0, 1000, "10s"), (1000, 20000, "2m")])
def test_what_fires_and_what_doesnt(tmp_path, shortest, longest, every):
    bare = yaml.safe_load(RULES.read_text())
    for rule in (rule for group in bare["groups"] for rule in group["rules"]):
        rule.pop("annotations", None)
    judged = judge(tmp_path, bare, *(case(name, *rest) for name, rest in CASES.items() if shortest <= rest[2] < longest), every=every)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_each_alert_is_seen_to_fire():
    assert {alert for alert, _, _, labels in CASES.values() if labels is not None} == set(alerts())


@promtool
def test_promtool_accepts_the_rules():
    judged = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("name", alerts())
def test_each_alert_says_what_and_what_to_do_in_both_languages(name):
    assert tuple(alerts()[name]["annotations"]) == LANGUAGES


@pytest.mark.parametrize("document", ["docs/monitoring.md", "docs/monitoring.vi.md"])
def test_each_alert_metric_and_cause_stands_in_the_documents(document):
    told = Path(document).read_text()
    assert not [name for name in (*alerts(), *metrics.HELP, *causes.WORDS) if f"| `{name}` |" not in told]


@promtool
def test_an_alert_names_site_unit_and_cause(tmp_path):
    site = down("motcua_site_up", "site", {"site": "s1"})
    texts = alerts()["MotcuaSiteUnreachable"]["annotations"]
    fires = {"exp_labels": {"severity": "critical", "cause": "power", **SITE}}
    fires["exp_annotations"] = {key: texts[key] for key in ("do_vi", "do_en")} | {
        "summary_vi": "Xã Một (Xã Mới) không trả lời. Mất điện",
        "summary_en": "Xã Một (Xã Mới) doesn't answer. Power",
    }
    test = case("annotations", "MotcuaSiteUnreachable", site, 300, {})
    test["alert_rule_test"][0]["exp_alerts"] = [fires]
    judged = judge(tmp_path, yaml.safe_load(RULES.read_text()), test)
    assert judged.returncode == 0, judged.stdout + judged.stderr


# --- what the plan makes of it, judged by Alertmanager, the blackbox exporter and Prometheus -------------------------------------------


def told(**monitoring):
    raw = raw_province(
        {"xa-1": raw_site(1), "xa-2": raw_site(2, mutes=[{"from": "2026-12-01T22:00", "until": "2026-12-02T05:00", "why": "đổi tủ"}])}
    )
    model = Province.model_validate(raw | {"monitoring": monitoring})
    return desired.desired(model, desired.plan(model))[0].desired


EMAIL = {
    "to": ["truc@example.vn", "ky-thuat@example.vn"],
    "from": "motcua@example.vn",
    "server": "mail.example.vn:587",
    "user": "motcua",
    "password": "secrets/smtp",
}
WEBHOOK = {"url": "https://chat.example.vn/hook", "token": "secrets/hook"}


@pytest.mark.skipif(
    shutil.which("amtool") is None, reason="amtool judges Alertmanager's settings; scripts/setup --dev installs prometheus-alertmanager"
)
@pytest.mark.parametrize(
    "monitoring",
    [{}, {"email": EMAIL}, {"webhook": WEBHOOK}, {"email": EMAIL, "webhook": WEBHOOK}],
    ids=["nobody", "email", "webhook", "both"],
)
def test_amtool_accepts_the_receivers(tmp_path, monitoring):
    wish = told(**monitoring)["monitoring"]
    template = (Path("roles/monitoring/files/motcua.tmpl")).resolve()
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(wish["alertmanager"] | {"templates": [str(template)]}, allow_unicode=True))
    judged = subprocess.run(["amtool", "check-config", str(tmp_path / "alertmanager.yml")], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert f"{1 + bool(monitoring)} receivers" in judged.stdout and "1 templates" in judged.stdout
    assert [one["name"] for one in wish["secrets"]] == [
        name for name, kind in (("smtp-password", "email"), ("webhook-token", "webhook")) if kind in monitoring
    ]
    assert "secrets/" not in str(wish["alertmanager"])


@pytest.mark.parametrize(
    ("monitoring", "key"),
    [
        ({"email": EMAIL | {"server": "mail.example.vn"}}, "monitoring.email.server"),
        ({"email": EMAIL | {"to": []}}, "monitoring.email.to"),
        ({"webhook": {"url": "https://user:word@chat.example.vn"}}, "monitoring.webhook.url"),
    ],
)
def test_a_receiver_that_cant_be_is_refused(monitoring, key):
    with pytest.raises(ValidationError) as refused:
        Province.model_validate(raw_province({"xa-1": raw_site(1)}) | {"monitoring": monitoring})
    assert ".".join(str(part) for part in refused.value.errors()[0]["loc"]) == key


@pytest.mark.parametrize(
    "mute",
    [
        {"from": "2026-12-02T22:00", "until": "2026-12-01T05:00", "why": "ngược"},
        {"from": "2026-12-01T22:00+07:00", "until": "2026-12-02T05:00", "why": "lẫn múi giờ"},
        {"from": "2026-12-01T22:00", "until": "2026-12-02T05:00"},
    ],
    ids=["backwards", "one zone of two", "nobody says why"],
)
def test_a_maintenance_window_that_cant_be_is_refused(mute):
    with pytest.raises(ValidationError):
        Province.model_validate(raw_province({"xa-1": raw_site(1, mutes=[mute])}))


def test_a_maintenance_window_is_in_the_provinces_own_time():
    sites = told()["state"]["sites"]
    begins = datetime(2026, 12, 1, 15, tzinfo=UTC).timestamp()
    assert sites["xa-2"]["mutes"] == [{"from_s": begins, "until_s": begins + 7 * 3600, "why": "đổi tủ"}]
    assert sites["xa-1"]["mutes"] == []


def test_what_is_watched_is_what_the_plan_has():
    wish = told()
    watched, targets = wish["state"], wish["monitoring"]["targets"]
    assert watched["sites"]["xa-1"]["lines"]["ftth"] | {"limit_kbps": 0} == {
        "kind": "ftth", "provider": "VNPT", "gateway": None, "tunnel": "10.96.0.8", "tunnel_kind": "wireguard", "interface": "wg0", "limit_kbps": 0,
    }  # fmt: skip
    assert watched["sites"]["xa-1"]["lines"]["ftth"]["limit_kbps"] == 0.7 * 20000 - 2000
    assert set(watched["cameras"]) == {row["camera"] for row in wish["recorder"]["cameras"]}
    assert targets["routers"][0] == {"targets": ["10.64.1.1"], "labels": {"site": "xa-1"}}
    opened = {
        (to.removesuffix("/32"), port)
        for site in wish["hub"]["sites"]
        for flow in site["accept"]
        for to in flow["to"]
        for port in flow["ports"]
    }
    assert {tuple(one["targets"][0].split(":")) for one in targets["devices"]} <= {(to, str(port)) for to, port in opened}


def test_only_the_controllers_reach_the_figures():
    flows = [flow for flow in told()["hub"]["input"] if {9090, 9093} & set(flow["ports"])]
    assert [flow["from"] for flow in flows] == [["10.10.10.50/32"]]
    assert not [flow for flow in told()["hub"]["input"] if {9100, 9115} & set(flow["ports"])]


@promtool
def test_promtool_accepts_what_prometheus_asks(tmp_path):
    text = Path("roles/monitoring/files/prometheus.yml").read_text().replace("/etc/prometheus/motcua.rules.yml", str(RULES.resolve()))
    for name, targets in told()["monitoring"]["targets"].items():
        (tmp_path / f"{name}.json").write_text(json.dumps(targets))
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/motcua/", f"{tmp_path}/"))
    judged = subprocess.run(["promtool", "check", "config", str(tmp_path / "prometheus.yml")], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    named = {
        Path(path).stem for job in yaml.safe_load(text)["scrape_configs"] for one in job.get("file_sd_configs", ()) for path in one["files"]
    }
    assert named == set(told()["monitoring"]["targets"])


@pytest.mark.skipif(
    shutil.which("prometheus-blackbox-exporter") is None,
    reason="judged by the exporter itself; apt-get install prometheus-blackbox-exporter",
)
def test_the_blackbox_exporter_accepts_its_modules():
    command = ["prometheus-blackbox-exporter", "--config.file=roles/monitoring/files/blackbox.yml", "--config.check"]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stderr


# --- Alertmanager itself, on loopback -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory):
    """``ask(alerts)`` -> the names of those that are silenced by others."""
    if shutil.which("prometheus-alertmanager") is None:
        pytest.skip("inhibition is judged by Alertmanager itself; scripts/setup --dev installs prometheus-alertmanager")
    folder = tmp_path_factory.mktemp("alertmanager")
    config = told()["monitoring"]["alertmanager"] | {"templates": []}
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config, allow_unicode=True))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "prometheus-alertmanager",
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/data",
        "--cluster.listen-address=",
    ]
    running = subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    for line in running.stderr:
        if "Listening on" in line:
            break

    def ask(path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v2/{path}", body and json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def silenced(*alerts):
        ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        ask("alerts", [{"labels": labels, "endsAt": ends} for labels in alerts])
        while len(found := json.loads(ask("alerts"))) < len(alerts):
            pass
        over = datetime.now(UTC).isoformat()
        ask("alerts", [{"labels": labels, "endsAt": over} for labels in alerts])
        return {one["labels"]["alertname"] for one in found if one["labels"] in list(alerts) and one["status"]["inhibitedBy"]}

    yield silenced
    running.terminate()
    running.wait()


def alert(name, **labels):
    return {"alertname": f"Motcua{name}", **labels}


@pytest.mark.parametrize(
    ("sent", "silenced"),
    [
        ([alert("SiteUnreachable", site="a1"), alert("CameraStale", site="a1", camera="x"), alert("TunnelDown", site="a1")], {"CameraStale", "TunnelDown"}),
        ([alert("SiteUnreachable", site="b1"), alert("CameraStale", site="b2", camera="x")], set()),
        ([alert("ProviderDown", provider="P1", kind="ftth"), alert("SiteUnreachable", site="c", provider="P1")], {"SiteUnreachable"}),
        ([alert("ProviderDown", provider="P2", kind="ftth"), alert("SiteUnreachable", site="d", provider=""), alert("TunnelDown", site="d2", provider="P2", kind="tslcd")], set()),
        ([alert("CentreLineDown", kind="k1"), alert("TunnelDown", site="e", kind="k1"), alert("ShardFull", shard="/s")], {"TunnelDown"}),
    ],
    ids=["site", "other site", "provider", "other network of the provider", "centre's line"],
)  # fmt: skip
def test_what_is_explained_by_something_else_is_silent(alertmanager, sent, silenced):
    assert alertmanager(*sent) == {f"Motcua{name}" for name in silenced}

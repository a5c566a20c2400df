"""Prometheus and Alertmanager: what fires, what doesn't, what silences what; judged by their own programs."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

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

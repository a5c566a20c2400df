"""The state as Prometheus's text, for the node exporter's textfile collector. Pure."""

from collections import defaultdict

from state.causes import WORDS

HELP = {
    "motcua_state_written_timestamp_seconds": "When the state was last judged.",
    "motcua_site_info": "1; the site's name and the unit that it serves today.",
    "motcua_site_up": "1 when anything of the site answers, by whichever hub and line; absent when it couldn't be told.",
    "motcua_site_muted": "1 in a maintenance window of the site.",
    "motcua_tunnel_up": "1 when the site's end of the tunnel to this hub answers; absent when it couldn't be told.",
    "motcua_line_bytes_total": "Bytes in the line's tunnel to this hub, by direction as the site sees it.",
    "motcua_line_limit_bytes_per_second": "What the plan leaves for video on the line at the 95th percentile.",
    "motcua_centre_line_up": "1 when something beyond the centre's own line answers.",
    "motcua_camera_live": "1 when fresh live pictures are there; absent when it couldn't be told.",
    "motcua_camera_recording": "1 when a fresh finished segment is in the index.",
    "motcua_camera_last_segment_timestamp_seconds": "End of the newest finished segment.",
    "motcua_cause": "1 for the cause of what isn't up; of is site, line or camera.",
    "motcua_cause_info": "1; each cause in words.",
    "motcua_recorder_restarts_total": "Restarts of the camera's recorder by systemd.",
    "motcua_shard_size_bytes": "Size of the footage's file system.",
    "motcua_shard_available_bytes": "What may still be written to it.",
    "motcua_shard_reserve_bytes": "What the cleaner keeps free on it.",
    "motcua_shard_held_seconds": "How much footage it holds at the planned rates.",
    "motcua_shard_retention_seconds": "Longest retention of its cameras.",
    "motcua_clock_offset_seconds": "How far the centre's clock is from its sources; absent when it has none.",
    "motcua_trouble": "1 for each thing that motcua-state couldn't look at.",
}
ONE_ZERO = {"up": 1, "live": 1, "down": 0, "stale": 0, "off": 0}  # `unknown` is no sample


def text(settings, document, measured):
    """``measured``: ``bytes`` {(site, line, direction): n}, ``restarts`` {camera: n}, ``shards`` {path: {…}}, ``clock_offset_s``."""
    samples = defaultdict(list)
    for name, labels, value in (*_sites(settings, document), *_cameras(document), *_machine(settings, document, measured)):
        if value is not None:
            samples[name].append(f"{name}{{{_labels(labels)}}} {value}" if labels else f"{name} {value}")
    lines = []
    for name, rows in samples.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} {kind}", *rows]
    return "\n".join(lines) + "\n"


def _labels(labels):
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())


def _escaped(value):
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _sites(settings, document):
    for site, row in document["sites"].items():
        yield "motcua_site_info", {"site": site, "site_name": row["name"], "unit": row["unit"]}, 1
        yield "motcua_site_muted", {"site": site}, int(row["muted"])
        providers = {line["provider"] for line in row["lines"].values()}
        # With several providers none of them alone explains the loss, so that none may inhibit the alert.
        yield "motcua_site_up", {"site": site, "provider": providers.pop() if len(providers) == 1 else ""}, ONE_ZERO.get(row["state"])
        yield from _cause("site", {"site": site}, row)
        for line, one in row["lines"].items():
            labels = {"site": site, "line": line, "provider": one["provider"], "kind": one["kind"]}
            yield "motcua_tunnel_up", labels, ONE_ZERO.get(one["state"])
            yield from _cause("line", {"site": site, "line": line}, one)
            limit_kbps = settings["sites"][site]["lines"][line]["limit_kbps"]
            yield "motcua_line_limit_bytes_per_second", labels | {"direction": "up"}, limit_kbps * 1000 / 8


def _cause(kind, labels, row):
    if row["cause"] is not None:
        yield "motcua_cause", {"of": kind, **labels, "cause": row["cause"]}, 1


def _cameras(document):
    for camera, row in document["cameras"].items():
        labels = {"site": row["site"], "camera": camera}
        yield "motcua_camera_live", labels | {"camera_name": row["name"], "zone": row["zone"] or ""}, ONE_ZERO.get(row["state"])
        yield "motcua_camera_recording", labels, None if row["recording"] is None else int(row["recording"])
        yield "motcua_camera_last_segment_timestamp_seconds", labels, row["last_segment_s"]
        yield from _cause("camera", labels, row)


def _machine(settings, document, measured):
    for cause, words in WORDS.items():
        yield "motcua_cause_info", {"cause": cause, "words_vi": words["vi"], "words_en": words["en"]}, 1
    yield "motcua_state_written_timestamp_seconds", {}, document["written_s"]
    for kind, state in document["centre"]["lines"].items():
        yield "motcua_centre_line_up", {"kind": kind}, ONE_ZERO.get(state)
    for (site, line, direction), count in measured["bytes"].items():
        one = settings["sites"][site]["lines"][line]
        labels = {"site": site, "line": line, "provider": one["provider"], "kind": one["kind"], "direction": direction}
        yield "motcua_line_bytes_total", labels, count
    for camera, count in measured["restarts"].items():
        yield "motcua_recorder_restarts_total", {"site": settings["cameras"][camera]["site"], "camera": camera}, count
    for shard, row in measured["shards"].items():
        for key, value in row.items():
            yield f"motcua_shard_{key}", {"shard": shard}, value
    yield "motcua_clock_offset_seconds", {}, measured["clock_offset_s"]
    for trouble in document["trouble"]:
        yield "motcua_trouble", {"what": trouble}, 1

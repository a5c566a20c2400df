"""Prometheus and Alertmanager at the storage centre: what they ask, whom they tell, and what silences what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Province
from ..plan.access import PORTAL_PORTS
from .host import Plan
from .pulls import recorded
from .state import RUN

PROMETHEUS_PORT, ALERTMANAGER_PORT, NODE_PORT, BLACKBOX_PORT = 9090, 9093, 9100, 9115
UI_PORTS = (PROMETHEUS_PORT, ALERTMANAGER_PORT)
SECRETS = "/etc/motcua/monitoring"
TEMPLATES = "/etc/prometheus/alertmanager_templates/motcua.tmpl"
NOBODY, EVERYBODY = "nobody", "everybody"
# (what explains, what is explained by it, labels in which both agree)
INHIBITED = (
    ("MotcuaStateOld", "Motcua(Site|Tunnel|Camera|Recorder|Line).*", ()),
    ("MotcuaCentreCut", "Motcua(Site|Tunnel|Camera|Device|Line|Provider).*", ()),
    ("MotcuaCentreLineDown", "MotcuaTunnelDown", ("kind",)),
    ("MotcuaProviderDown", "MotcuaTunnelDown", ("provider", "kind")),
    ("MotcuaProviderDown", "MotcuaSiteUnreachable", ("provider",)),
    ("MotcuaSiteUnreachable", "Motcua(Tunnel|Camera|Device|Line|Recorder).*", ("site",)),
)


def monitoring(province: Province, planned: Plan) -> dict[str, Any]:
    """What the role writes; secrets are named by the path of a vaulted file, relative to the inventory."""
    _, centre = province.storage_centre()
    told = province.monitoring
    secrets = {"smtp-password": told.email and told.email.password, "webhook-token": told.webhook and told.webhook.token}
    return {
        "address": str(centre.address),
        "kept_days": told.kept_days,
        "textfiles": RUN,
        "secrets": [{"name": name, "path": path} for name, path in secrets.items() if path],
        "targets": {
            "prometheus": [_target(f"{centre.address}:{PROMETHEUS_PORT}")],
            "alertmanager": [_target(f"{centre.address}:{ALERTMANAGER_PORT}")],
            "portal": [_target(f"{centre.address}:{port}") for port in PORTAL_PORTS],
            "routers": list(_routers(province, planned)),
            "devices": list(_devices(province, planned)),
        },
        "alertmanager": alertmanager(province),
    }


def _target(address: str, **labels: str) -> dict[str, Any]:
    return {"targets": [address], "labels": labels}


def _routers(province: Province, planned: Plan) -> Iterator[dict[str, Any]]:
    for name, site in province.sites.items():
        yield _target(str(planned.addresses[name].translate(site.router.address)), site=name)


def _devices(province: Province, planned: Plan) -> Iterator[dict[str, Any]]:
    """The devices that send pictures, at the port that the plan opens to the recorder."""
    places = {row["device"]: (f"{row['host']}:{row['port']}", row["site"]) for row in recorded(province, planned)}
    yield from (_target(place, site=site, device=device) for device, (place, site) in sorted(places.items()))


def alertmanager(province: Province) -> dict[str, Any]:
    """Alertmanager's configuration. One message is about one site, so that a site with ten cameras is one message."""
    receivers = _receivers(province)
    return {
        "templates": [TEMPLATES],
        "route": {
            "receiver": EVERYBODY if receivers else NOBODY,
            "group_by": ["site", "alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
        },
        "receivers": [{"name": NOBODY}, {"name": EVERYBODY, **receivers}] if receivers else [{"name": NOBODY}],
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname="{source}"'],
                "target_matchers": [f'alertname=~"{target}"', f'alertname!="{source}"'],
                **({"equal": list(equal)} if equal else {}),
            }
            for source, target, equal in INHIBITED
        ],
    }


def _receivers(province: Province) -> dict[str, Any]:
    told = province.monitoring
    found: dict[str, Any] = {}
    if told.email is not None:
        base = {"from": told.email.sender, "smarthost": told.email.server, "send_resolved": True}
        user = {} if told.email.user is None else {"auth_username": told.email.user}
        password = {} if told.email.password is None else {"auth_password_file": f"{SECRETS}/smtp-password"}
        found["email_configs"] = [{"to": address, **base, **user, **password} for address in told.email.to]
    if told.webhook is not None:
        way = {"type": "Bearer", "credentials_file": f"{SECRETS}/webhook-token"}
        token = {} if told.webhook.token is None else {"http_config": {"authorization": way}}
        found["webhook_configs"] = [{"url": told.webhook.url, "send_resolved": True, **token}]
    return found

"""No secret of the run stands in anything that was printed, reported, logged or listed."""

import base64
from pathlib import Path

import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal, device_password, masters_from, tunnel_private_key
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.table import ROUTER_PASSWORDS

from tests.lab.conftest import INVENTORY, LOG, ROOT, desk, motcua

FOLDER = (ROOT / INVENTORY).parent


def secrets_of_the_run():
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret((FOLDER / "secrets/.vault-password").read_bytes().strip()))])
    files = [yaml.safe_load(vault.decrypt((FOLDER / f"secrets/{name}.yml").read_bytes())) for name in ("devices", "tunnels")]
    masters = masters_from(*files, ("devices", "tunnels"))
    found = {file["master"] for file in files} | set(masters.initial.values())
    found |= {base64.b64decode(file["master"]).hex() for file in files}
    province = load(ROOT / INVENTORY)
    for host in desired(province, plan(province)):
        if host.role == "router":
            names = (tunnel["secret"]["secret"].split("/")[-1] for tunnel in host.desired["router"]["tunnels"])
            found |= {tunnel_private_key(masters, host.site, name) for name in names}
            found |= {
                device_password(masters, host.site, host.name, account["name"], 1, ROUTER_PASSWORDS)
                for account in host.desired["router"]["accounts"]
            }
        elif host.vendor is not None and host.recorder is None:
            epochs = Journal(FOLDER / "state/epochs").read(host.name)
            rule = VENDORS[host.vendor].password_rule
            found |= {
                device_password(masters, host.site, host.name, account, epochs.confirmed or 1, rule)
                for account in ("admin", "motcua-admin", "motcua-view")
            }
    return found


def test_no_secret_stands_anywhere(province, tmp_path_factory):
    # LOG holds what every command of these tests printed: rollouts, also with -vvv and --diff, audits and verifications.
    assert len([text for text in LOG if "PLAY RECAP" in text]) > 5
    desk("ansible-inventory", "-i", INVENTORY, "--list")
    desk("ansible", "-i", INVENTORY, "routers:hubs", "-m", "ansible.builtin.setup")
    for machine in ("centre", "ioc", "lang-giang-router", "tan-dinh-router", "xuong-lam-router"):
        motcua("lab", "ssh", machine, "ps", "-eo", "args", "-ww")
        motcua("lab", "ssh", machine, "journalctl", "--no-pager", "-o", "cat")
    written = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]  # the audits' reports and logs
    texts = [*LOG, *(path.read_text(errors="replace") for path in written)]
    texts += [path.read_text(errors="replace") for path in Path(ROOT / "reports").rglob("*") if path.is_file()]
    texts += [path.read_text(errors="replace") for path in (FOLDER / "state").rglob("*.json")]
    secrets = secrets_of_the_run()
    assert len(secrets) > 20
    assert not [place for place, text in enumerate(texts) for secret in secrets if secret in text]

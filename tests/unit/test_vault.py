"""The master secrets as people may have written them: in clear, vaulted as a whole, a value vaulted by itself, and what can't be opened."""

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_masters

MASTER = "dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ="
CONTENT = f"master: {MASTER}\ninitial: {{a-cam1: Mật-khẩu-1, a-cam2: '0123'}}\n"
SECRET = VaultSecret(b"open")


def vaulted(text):
    return VaultLib([("default", SECRET)]).encrypt(text, secret=SECRET).decode()


def opened(folder, devices, secret=SECRET):
    for name, text in (("devices", devices), ("tunnels", f"master: {MASTER}\n")):
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    loader = DataLoader()
    loader.set_vault_secrets([("default", secret)])
    return open_masters({name: str(folder / f"{name}.yml") for name in ("devices", "tunnels")}, loader)


@pytest.mark.parametrize(
    "devices",
    [
        CONTENT,
        vaulted(CONTENT),
        f"master: {MASTER}\ninitial:\n  a-cam2: '0123'\n  a-cam1: !vault |\n"
        + vaulted("Mật-khẩu-1").replace("$ANSIBLE", "    $ANSIBLE").replace("\n", "\n    "),
    ],
    ids=["clear", "whole", "one value"],
)
def test_they_are_opened_however_they_are_written(tmp_path, devices, monkeypatch):
    monkeypatch.setattr(VaultSecretsContext, "_current", VaultSecretsContext([("default", SECRET)]))  # as ansible-playbook begins
    assert opened(tmp_path, devices).initial == {"a-cam1": "Mật-khẩu-1", "a-cam2": "0123"}


@pytest.mark.parametrize(
    ("devices", "secret"),
    [(vaulted(CONTENT), VaultSecret(b"another")), (CONTENT + "  broken: [", SECRET), (CONTENT + "x: !unheard of\n", SECRET)],
    ids=["password", "yaml", "tag"],
)
def test_what_cant_be_opened_is_named(tmp_path, devices, secret):
    with pytest.raises(ModelError, match=r"devices\.yml: the master secret can't be opened \("):
        opened(tmp_path, devices, secret)

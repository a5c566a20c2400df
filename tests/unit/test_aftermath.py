"""What follows when a device came or left: which findings count, and whose."""

from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding

from cli.aftermath import COULD_NOT_TELL, NOT_WELL, WELL, Aftermath

HOST = "tan-dinh-cam1"


def found(status, device=HOST):
    return Finding(device, "tan-dinh", "streams", "streams.main.codec", status, "h265", "h264")


@pytest.mark.parametrize(
    ("rollout", "verify", "audit", "verdict"),
    [
        ([found("fail")], [found("pass")], [found("pass")], WELL),  # a rollout says what it has put right
        ([found("error")], [], [], COULD_NOT_TELL),
        ([], [found("fail")], [], NOT_WELL),
        ([], [], [found("fail")], NOT_WELL),
        ([], [], [found("error")], COULD_NOT_TELL),
        ([found("error", "tan-dinh-cam2")], [found("fail", "tan-dinh-cam2")], [], WELL),
    ],
)
def test_only_what_is_still_wrong_with_the_device_itself_counts(monkeypatch, rollout, verify, audit, verdict):
    played = {"rollout": rollout, "audit": audit}
    monkeypatch.setattr(Aftermath, "_played", lambda _, name, *_options: tuple(played[name]))
    monkeypatch.setattr(Aftermath, "_verified", lambda _: tuple(verify))
    monkeypatch.setattr(Aftermath, "_documented", lambda _: None)
    assert Aftermath(Path("inventory/lab/province.yml"), "tan-dinh", (), Path("reports")).of(HOST) == verdict


def test_what_is_wrong_with_others_is_said(monkeypatch, capsys):
    monkeypatch.setattr(Aftermath, "_played", lambda *_: (found("error", "tan-dinh-cam2"),))
    monkeypatch.setattr(Aftermath, "_verified", lambda _: ())
    monkeypatch.setattr(Aftermath, "_documented", lambda _: None)
    assert Aftermath(Path("inventory/lab/province.yml"), "tan-dinh", (), Path("reports")).of(HOST) == WELL
    assert "Besides, not all is well at tan-dinh-cam2" in capsys.readouterr().out

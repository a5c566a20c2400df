"""From nothing to a converged province."""

from tests.lab.conftest import host_network, motcua, playbook


def test_check_mode_on_blank_machines_completes_and_says_what_it_cant_predict(province):
    blank = province["blank"]
    assert blank.code == 0, blank.text[-4000:]
    assert not [host for host, counts in blank.recap.items() if counts["failed"] or counts["unreachable"]]
    assert {"centre-server", "ioc-server", "tan-dinh-router"} <= blank.changed
    for what in ("tan-dinh-cam1", "lang-giang-nvr1", "lang-giang-cam3", "the tunnels", "the centre"):
        assert f"Not predicted: {what}" in blank.text.replace("''", "'")
    assert "wg0" not in province["left by blank"]
    assert "centre.pub" not in province["left by blank"]


def test_the_first_rollout_ends_well(province):
    first = province["first"]
    assert first.code == 0, first.text[-4000:]
    assert not [host for host, counts in first.recap.items() if counts["failed"] or counts["unreachable"]]
    assert len(first.recap) >= 14


def test_the_second_rollout_changes_nothing():
    second = playbook("rollout")
    assert second.code == 0, second.text[-4000:]
    assert second.changed == set(), second.text[-4000:]


def test_the_machines_own_network_is_untouched(province):
    assert host_network() == province["network"]


def test_up_again_does_nothing():
    again = motcua("lab", "up")
    assert again.code == 0
    assert "nothing to do" in again.text


def test_verification_holds():
    verified = motcua("verify", "-i", "inventory/lab/province.yml")
    assert verified.code == 0, verified.text[-6000:]
    assert "flat: every office PC can open this camera" in verified.text


def test_check_mode_is_exact_on_converged_hosts():
    checked = playbook("rollout", "-vvv", "--check", "--diff")  # test_4_secrets looks for secrets in all that it says
    assert checked.code == 0, checked.text[-4000:]
    assert checked.changed == set()


def test_a_limit_writes_the_sites_entries_at_the_centre_and_leaves_the_others_alone():
    gone = ["/etc/wireguard/peers.d/tan-dinh.wg0.conf", "/etc/nftables.d/tan-dinh.nft", "/etc/motcua/recorder/tan-dinh-cam1.ffconcat"]
    assert motcua("lab", "ssh", "centre", "rm", *gone).code == 0
    limited = playbook("rollout", "-l", "site_tan_dinh")
    assert limited.code == 0, limited.text[-4000:]
    assert limited.changed == {"tan-dinh-router", "tan-dinh-cam1"}
    assert {host for host in limited.recap if not host.startswith("tan-dinh-")} <= {"localhost"}
    assert motcua("lab", "ssh", "centre", "ls", *gone).code == 0
    again = playbook("rollout", "-l", "site_tan_dinh")
    assert again.code == 0, again.text[-4000:]
    assert again.changed == set()

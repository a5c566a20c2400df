"""What the question to the gate costs: pieces a second through nginx with it, beside the same nginx without, and the gate alone."""

import http.client
import ssl
import threading
import time
from pathlib import Path

import pytest

from tests.bench.rows import fact
from tests.unit.gates import PIECE, Portal, _Unix

REQUESTS, CONNECTIONS = 4000, 8
LIMITS = {
    "limit_req zone=motcua_asked burst=400 nodelay;": "",
    "location = /alive {": "location /bare/ {\n    alias {folder}/live/;\n  }\n  location = /alive {",
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    portal = Portal(tmp_path_factory.mktemp("portal"), nginx=True, instead=LIMITS)
    portal.film()
    yield portal
    portal.close()


def rate(connect, path, headers):
    """Requests a second over a few connections that stay open; all must succeed."""
    failed = []

    def ask():
        connection = connect()
        for _ in range(REQUESTS // CONNECTIONS):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 204):
                failed.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    return REQUESTS / (time.monotonic() - began)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_what_a_piece_costs(portal):
    person = portal.person("truc-ban")
    headers, path = {"Cookie": person.cookie}, f"/live/tan-dinh-cam1/{PIECE}"
    context = ssl.create_default_context(cafile=portal.folder / "portal.pem")

    def nginx():
        return http.client.HTTPSConnection("127.0.0.1", portal.port, context=context)

    bare = rate(nginx, f"/bare/tan-dinh-cam1/{PIECE}", headers)
    before_s = cpu_seconds(portal.pid)
    asked = rate(nginx, path, headers)
    gate_us = (cpu_seconds(portal.pid) - before_s) / REQUESTS * 1e6
    told = {"X-Original-URI": path, "X-Original-Method": "GET", "X-Real-IP": "127.0.0.1"}
    alone = rate(lambda: _Unix(portal.folder / "gate.sock"), "/auth", headers | told)
    print(f"\nnginx alone {bare:.0f}/s, with the gate {asked:.0f}/s, the gate by itself {alone:.0f}/s, {gate_us:.0f} us of CPU a question")
    fact("portal", "portal_bare", round(bare), "a second")
    fact("portal", "portal_gated", round(asked), "a second")
    fact("portal", "portal_gate", round(alone), "a second")
    fact("portal", "portal_gate_us", round(gate_us), "µs", 500)
    # 60 leaders with 16 pictures each ask for a playlist and a piece every two seconds: 960 questions a second in less than half a core.
    assert gate_us < 500

"""Who stands beside motcua: the floor and threads, which have the same conversations, and `ansible.builtin.uri` on a few cameras."""

import json
import sys

from tests.bench.clients import conversations, installers
from tests.bench.measure import Cost, measured, played
from tests.fleet.layout import Layout
from tests.fleet.running import ask

PEERS = 2  # a request by `uri` costs half a second of CPU
EVERYBODY = "cameras:nvrs:routers"
URI = {
    "ansible.builtin.uri": {
        "url": "https://{{ ansible_host }}:{{ port }}{{ item }}",
        "url_username": "{{ user }}",
        "url_password": "{{ password }}",
        "validate_certs": False,
        "return_content": True,
        "status_code": [200, 403],
    },
    "loop": "{{ documents }}",
    "no_log": True,
}


class Contenders:
    """They have the conversations that motcua had with a fleet since it last listened. ``login``: device -> (user, password)."""

    def __init__(self, running, folder, login=installers, devices=None):
        self._running, self._folder, self._login = running, folder, login
        self._devices = running.everybody() if devices is None else devices
        self._said = conversations(running, self._devices, 0, login)
        self._asked = {device.number: running.asked(device.number) for device in self._cameras}

    @property
    def _cameras(self):
        return [device for device in self._devices if (device.role, device.kind) == ("camera", "hikvision")][:PEERS]

    def client(self, which, at_once):
        """What the floor or threads cost, so many at a time. Everybody has to have answered."""
        file, log = self._folder / "conversations.json", self._folder / f"{which}.json"
        file.write_text(json.dumps(self._said | {"at_once": at_once}))
        devices = len(self._devices)
        around = measured([sys.executable, "-m", "tests.bench.clients", which, file], devices, log)
        told = json.loads(log.read_text())
        assert told["failed"] == []
        return Cost(devices, told["wall_s"], told["cpu_s"], around.memory_mb)

    def uri(self):
        """What `uri` costs on a few cameras for the documents that were read there."""
        layout, hosts = self._running.layout, {}
        for device in self._cameras:
            user, password = self._login(device)
            hosts[device.host] = {"ansible_host": layout.address(device), "port": layout.port(device), "user": user, "password": password}
        inventory = {"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}
        (self._folder / "hosts.json").write_text(json.dumps(inventory))
        first = self._cameras[0].number
        documents = list(dict.fromkeys(row[1] for row in self._asked[first] if row[0] == "GET" and row[4] != 401))
        self._running.listen()
        cost = played(
            self._folder / "hosts.json", [("all", [URI])], len(hosts), self._folder, hosts="all", variables={"documents": documents},
            ANSIBLE_INVENTORY_ENABLED="ansible.builtin.yaml",
        )  # fmt: skip
        assert {row[1] for row in self._running.asked(first)} == set(documents)
        return cost


def far(running, rtt_ms):
    """Every line of a fleet takes so long from now on."""
    Layout(**{**vars(running.layout), "rtt_ms": rtt_ms}).write(running.folder)
    ask(running.folder, "settings")

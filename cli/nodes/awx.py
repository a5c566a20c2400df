"""The same for AWX, where there is one: a job template for each command at each node, and the image that they run in, as files.

Nothing here talks to AWX: people import the files, after they have read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired.host import server_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import Node, Shard, patterns, places_of, split

from cli.controller import ROOT

# https://docs.ansible.com/projects/builder/en/latest/definition/, version 3. ansible-core 2.19 wants Python 3.11 (its release notes).
PYTHON = "3.11"
SYSTEM = ("openssh-clients [platform:rpm]", "git-core [platform:rpm]", "iputils [platform:rpm]")
CHECKED = {"audit": True, "verify": False, "rollout": False}
IMPORT = """---
# ansible-galaxy collection install awx.awx; CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN say which AWX.
- name: Job templates of motcua
  hosts: localhost
  gather_facts: false
  vars_files: [job_templates.yml]
  tasks:
    - name: Make each job template
      awx.awx.job_template:
        name: "{{ item.name }}"
        organization: "{{ item.organization }}"
        job_type: "{{ item.job_type }}"
        inventory: "{{ item.inventory }}"
        project: "{{ item.project }}"
        playbook: "{{ item.playbook }}"
        limit: "{{ item.limit }}"
        instance_groups: "{{ item.instance_groups }}"
        execution_environment: "{{ item.execution_environment }}"
        credentials: "{{ item.credentials }}"
        diff_mode: "{{ item.diff_mode }}"
        extra_vars: "{{ item.extra_vars }}"
      loop: "{{ job_templates }}"
      loop_control:
        label: "{{ item.name }}"
"""


def files(province: Province, nodes: Mapping[str, Node], image: str, organization: str) -> dict[str, str]:
    """File name -> its text.

    :raises ModelError: when no node serves a place.
    """
    everything = sum(map(len, places_of(province).values()))
    shards = split(province, places_of(province), nodes, everything)  # one a node: AWX cuts no job by itself
    templates = [row for shard in shards for row in _templates(province, shard, organization)]
    return {
        "execution-environment.yml": _written(execution_environment(image)),
        "job_templates.yml": _written({"job_templates": templates}),
        "import.yml": IMPORT,
    }


def execution_environment(image: str) -> dict[str, Any]:
    """What `ansible-builder` makes an image of; the versions are those that motcua was tested with."""
    lines = [line.strip() for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()]
    pinned = {line.partition("==")[0]: line for line in lines if line and not line.startswith("#")}
    return {
        "version": 3,
        "images": {"base_image": {"name": image}},
        "dependencies": {
            "python_interpreter": {"package_system": f"python{PYTHON}", "python_path": f"/usr/bin/python{PYTHON}"},
            "ansible_core": {"package_pip": pinned.pop("ansible-core")},
            "ansible_runner": {"package_pip": pinned.pop("ansible-runner")},
            "python": list(pinned.values()),
            "system": list(SYSTEM),
        },
    }


def _templates(province: Province, shard: Shard, organization: str) -> Iterator[Mapping[str, Any]]:
    """As the options of awx.awx.job_template. A node is an instance group; the vault password is a credential that lies in AWX alone."""
    centres = [server_host(name) for name in province.centres]
    for command, checked in CHECKED.items():
        yield {
            "name": f"motcua {command} {province.id} {shard.node}",
            "organization": organization,
            "job_type": "check" if checked else "run",
            "inventory": f"motcua {province.id}",
            "project": "motcua",
            "playbook": f"playbooks/{command}.yml",
            "limit": ":".join(patterns(shard.places, places_of(province))),
            "instance_groups": [shard.node],
            "execution_environment": "motcua",
            "credentials": [f"motcua {province.id} vault", f"motcua {province.id} ssh"],
            "diff_mode": True,
            "extra_vars": {"motcua_elsewhere": [name for name in centres if name not in shard.places]},
        }


def _written(content: Mapping[str, Any]) -> str:
    return "---\n" + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1_000_000)

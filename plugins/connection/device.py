"""The connection of cameras and recorders: none, because nothing runs on them; their own actions speak to them."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = r"""
name: device
short_description: No connection, for devices that run no programs
version_added: 0.1.0
description:
  - Cameras and recorders are spoken to by M(motcua.cctv.device) and the actions beside it, which need no connection.
  - Any other module for such a host ends in one sentence, instead of a login over SSH or a program on the controller.
author:
  - The motcua authors (@motcua)
options: {}
"""


class Connection(ConnectionBase):
    """Refuses everything."""

    transport = "motcua.cctv.device"
    has_pipelining = False

    def _connect(self) -> NoReturn:
        raise AnsibleError("a camera or recorder runs no programs; use motcua.cctv.device or device_info, or limit the play to other hosts")

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> NoReturn:  # noqa: ARG002  Ansible's
        """Nothing runs there."""
        self._connect()

    def put_file(self, in_path: str, out_path: str) -> NoReturn:  # noqa: ARG002  Ansible's
        """Nothing is kept there."""
        self._connect()

    def fetch_file(self, in_path: str, out_path: str) -> NoReturn:  # noqa: ARG002  Ansible's
        """Nothing is there to fetch."""
        self._connect()

    def close(self) -> None:
        """There is nothing to close."""

    def reset(self) -> Any:
        """There is nothing to reset."""

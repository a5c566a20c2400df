"""A site's router as OpenSSH's own client sees it: it lets one key in, forwards connections and runs programs. On loopback only."""

import contextlib
import select
import socket
import subprocess
import threading

import paramiko


class Router:
    """``ssh`` is the command that reaches it; ``forwarded`` and ``ran`` are what it was asked for."""

    def __init__(self, folder):
        self._transports, self._channels = [], []
        self.forwarded, self.ran = [], []
        key, host = folder / "key", folder / "host"
        for path in (key, host):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        self._host = paramiko.Ed25519Key(filename=str(host))
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        known = folder / "known"
        known.write_text(f"[127.0.0.1]:{port} {host.with_suffix('.pub').read_text()}")
        options = {"IdentityFile": key, "UserKnownHostsFile": known, "StrictHostKeyChecking": "yes", "Port": port, "User": "root"}
        options |= {"ControlMaster": "auto", "ControlPersist": "60s"}  # what Ansible's own settings have
        self.ssh = ["ssh", "-F", "none", *(part for key, value in options.items() for part in ("-o", f"{key}={value}")), "127.0.0.1"]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.hang_up()

    @property
    def connected(self):
        return [transport for transport in self._transports if transport.is_active()]

    def hang_up(self):
        """Gone, and nobody is let in any more."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for transport in self._transports:
            transport.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                transport, session = paramiko.Transport(connection), _Session(self)
                transport.add_server_key(self._host)
                with contextlib.suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=session)
                    self._transports.append(transport)
                    threading.Thread(target=self._serve, args=(transport, session), daemon=True).start()

    def _serve(self, transport, session):
        while transport.is_active():
            channel = transport.accept(1)
            if channel is not None:
                self._channels.append(channel)  # one that nobody keeps is closed
                if channel.chanid in session.wanted:
                    threading.Thread(target=self.forward, args=(channel, session.wanted[channel.chanid]), daemon=True).start()

    def forward(self, channel, destination):
        with contextlib.closing(channel), contextlib.suppress(OSError), socket.create_connection(destination, 10) as far:
            ends = {channel: far, far: channel}
            while True:
                for one in select.select(list(ends), [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    ends[one].sendall(data)

    def run(self, channel, command):
        given = channel.makefile("rb").read()
        done = subprocess.run(["sh", "-c", command], input=given, capture_output=True, check=False, timeout=60)
        channel.sendall(done.stdout)
        channel.send_exit_status(done.returncode)
        channel.close()


class _Session(paramiko.ServerInterface):
    """What paramiko asks; ``wanted`` are the destinations of forwards by their channel."""

    def __init__(self, router):
        self._router, self.wanted = router, {}

    def get_allowed_auths(self, *_):
        return "publickey"

    def check_auth_publickey(self, *_):
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, *_):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_direct_tcpip_request(self, chanid, _origin, destination):
        self._router.forwarded.append(destination)
        self.wanted[chanid] = destination
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        self._router.ran.append(command.decode())
        threading.Thread(target=self._router.run, args=(channel, command.decode()), daemon=True).start()
        return True

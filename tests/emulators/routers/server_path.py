"""The path between a client and an emulated router: it takes its time, and it can be dead while both ends still think they are connected."""

from __future__ import annotations

from collections import deque


class Way:
    """One direction. What is underway while the path is dead is held, as TCP would send it again, and comes when the path is back."""

    def __init__(self, loop, deliver, seconds, path):
        self._loop, self._deliver, self._seconds, self._path = loop, deliver, seconds, path
        self._underway, self._due = deque(), 0

    def put(self, item):
        self._underway.append(item)
        if self._seconds:
            self._loop.call_later(self._seconds, self._arrive)
        else:
            self._arrive()

    def _arrive(self):
        self._due += 1
        self.flow()

    def flow(self):
        while self._due and self._path.open:
            self._due -= 1
            self._deliver(self._underway.popleft())


class Path:
    """Both directions of one SSH connection, put between asyncssh's connection and its TCP transport; ``open`` is asked at each byte."""

    def __init__(self, loop, connection, rtt_ms, is_open):
        self._is_open = is_open
        self._transport = connection._transport  # asyncssh has no public place between its two layers
        half = rtt_ms / 2000
        self._in = Way(loop, connection.data_received, half, self)
        self._out = Way(loop, self._send, half, self)
        connection.data_received = lambda data, _type=None: self._in.put(data)
        connection._transport = self

    @property
    def open(self):
        return self._is_open()

    def write(self, data):
        self._out.put(data)

    def close(self):
        self._out.put(None)

    def flow(self):
        """The path is back: what waited goes on."""
        self._in.flow()
        self._out.flow()

    def cut(self):
        """Both ends lose the connection at once."""
        self._transport.abort()

    def _send(self, data):
        if data is None:
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name):
        return getattr(self._transport, name)

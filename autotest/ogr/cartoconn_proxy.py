# SPDX-License-Identifier: MIT
"""A wire that can be cut: between the driver and a server."""

import contextlib
import socket
import threading


def forward(source, target):
    """All that the source sends, and its end."""
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def join(client, server):
    """Forwards both ways, in threads of their own."""
    for pair in ((client, server), (server, client)):
        threading.Thread(target=forward, args=pair, daemon=True).start()


class Proxy:
    """Forwards connections to the server, and breaks them when told."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        self.forward = threading.Event()
        self.forward.set()
        self.budget = None  # bytes from the server until the cut
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server_ = socket.create_connection(("127.0.0.1", self.target))
            self.sockets += [client, server_]
            for pair in ((client, server_, False), (server_, client, True)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, target, counted):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                self.forward.wait()
                if counted and self.budget is not None:
                    self.budget -= len(data)
                    if self.budget < 0:
                        target.sendall(data[: len(data) // 2])
                        self.cut()
                if not data:
                    break
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self):
        for peer in self.sockets:
            with contextlib.suppress(OSError):
                peer.shutdown(2)

    def close(self):
        self.forward.set()
        self.listener.close()
        self.cut()
        for peer in self.sockets:
            peer.close()

# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""A Storage Read API frame by frame, for what a gRPC library does not do: what
the name of a table says happens in the middle of its stream. Needs h2."""

import collections
import socket
import ssl
import struct
import threading
import urllib.parse

import h2.config
import h2.connection
import h2.events
from bigquery_common import Session, Stream, field

INTERNAL_ERROR = 2
# What happens after 200 rows: every time, or (once) the first time only.
ONCE = ("reset", "goaway", "closed", "endless", "unsaid", "busy", "refused")
FAILED = collections.Counter()


def framed(message, flag=0):
    return struct.pack(">BI", flag, len(message)) + message


class Connection:
    def __init__(self, peer):
        self.peer = peer
        self.requests = {}
        self.closed = False
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config=config)

    def run(self):
        self.h2.initiate_connection()
        self.flush()
        while not self.closed and self.receive():
            for stream in [s for s, r in self.requests.items() if r["ended"]]:
                request = self.requests.pop(stream)
                self.answer(stream, request["headers"], bytes(request["data"]))
                self.flush()

    def flush(self):
        self.peer.sendall(self.h2.data_to_send())

    def receive(self):
        data = self.peer.recv(65536)
        for event in self.h2.receive_data(data) if data else []:
            if isinstance(event, h2.events.RequestReceived):
                self.requests[event.stream_id] = {
                    "headers": dict(event.headers),
                    "data": bytearray(),
                    "ended": False,
                }
            elif isinstance(event, h2.events.DataReceived):
                self.requests[event.stream_id]["data"] += event.data
                self.h2.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id
                )
            elif isinstance(event, h2.events.StreamEnded):
                self.requests[event.stream_id]["ended"] = True
        self.flush()
        return bool(data)

    def headers(self, stream, status="200", kind="application/grpc", **more):
        self.h2.send_headers(
            stream, [(":status", status), ("content-type", kind)] + list(more.items())
        )

    def send(self, stream, data, size=16384):
        """In frames of `size` bytes."""
        while data:
            room = min(self.h2.local_flow_control_window(stream), size)
            if room <= 0:
                self.receive()
                continue
            self.h2.send_data(stream, data[:room])
            self.flush()
            data = data[room:]

    def trailers(self, stream, status, words=""):
        self.h2.send_headers(
            stream,
            [("grpc-status", str(status)), ("grpc-message", urllib.parse.quote(words))],
            end_stream=True,
        )

    def only_trailers(self, stream, status, words):
        self.h2.send_headers(
            stream,
            [
                (":status", "200"),
                ("content-type", "application/grpc"),
                ("grpc-status", str(status)),
                ("grpc-message", urllib.parse.quote(words)),
            ],
            end_stream=True,
        )

    def page(self, stream, status, text):
        """What a proxy answers."""
        self.headers(stream, status, "text/html")
        self.h2.send_data(stream, text, end_stream=True)

    def answer(self, stream, headers, data):
        request = data[5:]
        if headers[":path"].endswith("/CreateReadSession"):
            session = Session(request, headers)
            if session.kind == "proxied":
                self.page(stream, "200", b"<html>")
                return
            self.headers(stream)
            self.send(stream, framed(session.answer()))
            self.trailers(stream, 0)
            return
        self.read(stream, Stream(request, headers))

    def read(self, stream, rows):
        """ReadRows, until something happens to it."""
        happens = getattr(self, "happens_" + rows.kind, None)
        if rows.kind in ONCE and FAILED[rows.name]:
            happens = None
        if happens and rows.kind in ("busy", "refused"):
            FAILED[rows.name] += 1
            happens(stream, None)
            return
        self.headers(stream)
        while True:
            message = rows.message()
            if message is None:
                break
            if happens and rows.offset > 200:
                FAILED[rows.name] += 1
                if happens(stream, message) != "go on":
                    return
                continue
            self.send(stream, framed(message))
        self.trailers(stream, 0)

    # --- what happens: "go on" when the stream does

    def happens_busy(self, stream, message):
        self.page(stream, "503", b"busy")

    def happens_refused(self, stream, message):
        self.only_trailers(stream, 14, "not n\u00f6w, 100%")

    def happens_reset(self, stream, message):
        """In the middle of a message."""
        self.send(stream, framed(message)[:77])
        self.h2.reset_stream(stream, INTERNAL_ERROR)

    def happens_goaway(self, stream, message):
        self.send(stream, framed(message)[:77])
        self.h2.close_connection(0, last_stream_id=0)
        self.flush()
        self.closed = True

    def happens_closed(self, stream, message):
        self.send(stream, framed(message)[:77])
        self.closed = True

    def happens_endless(self, stream, message):
        """The end without a status, within a message."""
        self.send(stream, framed(message)[:-1])
        self.h2.end_stream(stream)

    def happens_unsaid(self, stream, message):
        """The end without a status, after a message."""
        self.send(stream, framed(message))
        self.h2.end_stream(stream)

    def happens_never(self, stream, message):
        """The same, again and again."""
        self.h2.end_stream(stream)

    def happens_throttled(self, stream, message):
        """Word of a throttle, which has no rows, and frames of three bytes."""
        self.send(stream, framed(field(5, field(1, 80))))
        self.send(stream, framed(message), 3 if len(message) < 4096 else 977)
        return "go on"

    def happens_compressed(self, stream, message):
        self.send(stream, framed(message, 1))
        self.trailers(stream, 0)

    def happens_large(self, stream, message):
        self.send(stream, struct.pack(">BI", 0, 0xFFFFFFFF) + message)
        self.trailers(stream, 0)

    def happens_damaged(self, stream, message):
        """Not a protocol buffer."""
        self.send(stream, framed(b"\x22\xff\xff\xff\xff\x0f" + message[:10]))
        self.trailers(stream, 0)


def talk(peer, tls):
    try:
        if tls:
            peer = tls.wrap_socket(peer, server_side=True)
        if tls and peer.selected_alpn_protocol() != "h2":
            peer.recv(65536)
            peer.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
        else:
            Connection(peer).run()
    except (OSError, h2.exceptions.ProtocolError):
        pass
    finally:
        peer.close()


def serve(port, protocol, certificate):
    """Serves for ever; `protocol` is what TLS negotiates, None is no TLS."""
    tls = None
    if protocol:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate)
        tls.set_alpn_protocols([protocol])
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=talk, args=(peer, tls), daemon=True).start()

#!/usr/bin/env python3
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""A scripted server that speaks PostgreSQL's protocol 3.0 as Amazon Redshift
does: its parameters at login, MD5 passwords, text results only. It knows no
SQL: redshift_script.py answers every statement. Only the Python standard
library is needed.

Usage: redshift_standin.py PORT USER PASSWORD LOG
Every statement is appended to LOG as a line of JSON."""

import hashlib
import json
import os
import re
import socket
import socketserver
import struct
import sys
import threading

import redshift_script
from redshift_script import Failure, Hangup

SSL_REQUEST, CANCEL_REQUEST, PROTOCOL_3 = 80877103, 80877102, 196608
IDLE, OPEN, FAILED = b"I", b"T", b"E"
PARAMETERS = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "integer_datetimes": "on",
    "is_superuser": "off",
    "server_encoding": "UNICODE",
    "server_version": "8.0.2",
    "TimeZone": "UTC",
    "timezone_abbreviations": "Default",
    "padb_version": redshift_script.VERSION,
}


def message(kind, *parts):
    body = b"".join(parts)
    return kind + struct.pack(">i", len(body) + 4) + body


def text(value):
    return value.encode("utf-8") + b"\0"


def row_description(columns):
    parts = [struct.pack(">h", len(columns))]
    for name, oid, typmod in columns:
        parts.append(text(name) + struct.pack(">ihihih", 0, 0, oid, -1, typmod, 0))
    return message(b"T", *parts)


def data_row(values):
    parts = [struct.pack(">h", len(values))]
    for value in values:
        if value is None:
            parts.append(struct.pack(">i", -1))
        else:
            data = value.encode("utf-8")
            parts.append(struct.pack(">i", len(data)) + data)
    return message(b"D", *parts)


def error_response(failure):
    fields = {"S": "ERROR", "C": failure.code, "M": failure.text}
    parts = [k.encode() + text(v) for k, v in fields.items()]
    return message(b"E", *parts, b"\0")


class Session(socketserver.BaseRequestHandler):
    """One connection."""

    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cancelled = threading.Event()
        self.status = IDLE
        self.statement = self.plan = None
        self.key = (os.getpid() & 0x7FFF, id(self) & 0x7FFFFFFF)

    def handle(self):
        try:
            if self.start():
                self.server.sessions[self.key] = self
                self.serve()
        except (ConnectionError, Hangup):
            pass
        finally:
            self.server.sessions.pop(self.key, None)

    # --- the wire

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.request.recv(size - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def read_body(self):
        return self.read(struct.unpack(">i", self.read(4))[0] - 4)

    def send(self, *messages):
        self.request.sendall(b"".join(messages))

    def ready(self):
        self.send(message(b"Z", self.status))

    # --- login

    def start(self):
        while True:
            body = self.read_body()
            (code,) = struct.unpack(">i", body[:4])
            if code == SSL_REQUEST:
                self.request.sendall(b"N")
            elif code == CANCEL_REQUEST:
                victim = self.server.sessions.get(struct.unpack(">ii", body[4:12]))
                if victim is not None:
                    victim.cancelled.set()
                return False
            else:
                assert code == PROTOCOL_3
                return self.log_in(body[4:].split(b"\0"))

    def log_in(self, words):
        given = dict(zip(words[::2], words[1::2]))
        salt = os.urandom(4)
        self.send(message(b"R", struct.pack(">i", 5), salt))
        assert self.read(1) == b"p"
        answer = self.read_body().rstrip(b"\0").decode()
        user, password = self.server.account
        inner = hashlib.md5((password + user).encode()).hexdigest()
        expected = "md5" + hashlib.md5(inner.encode() + salt).hexdigest()
        if given[b"user"].decode() != user or answer != expected:
            words = 'password authentication failed for user "%s"' % user
            self.send(error_response(Failure("28000", words)))
            return False
        self.send(message(b"R", struct.pack(">i", 0)))
        for name, value in PARAMETERS.items():
            self.send(message(b"S", text(name), text(value)))
        self.send(message(b"K", struct.pack(">ii", *self.key)))
        self.ready()
        return True

    # --- statements

    def note(self, sql, values):
        line = json.dumps({"sql": sql, "values": values})
        with self.server.lock, open(self.server.log, "a", encoding="utf-8") as log:
            log.write(line + "\n")

    def planned(self, sql, values=()):
        """(columns, rows, tag) of a statement."""
        word = re.match(r"\s*(\w*)", sql).group(1).upper()
        if self.status == FAILED and word not in ("ROLLBACK", "COMMIT"):
            raise Failure(
                "25P02",
                "current transaction is aborted, commands ignored until end "
                "of transaction block",
            )
        self.status = {"BEGIN": OPEN, "ROLLBACK": IDLE, "COMMIT": IDLE}.get(
            word, self.status
        )
        return redshift_script.plan(self, sql, values)

    def run(self, plan):
        columns, rows, tag = plan
        count = 0
        for values in rows:
            self.send(values if isinstance(values, bytes) else data_row(values))
            count += 1
        if columns is not None:
            tag = "SELECT"
        self.send(message(b"C", text(tag)))

    def fail(self, failure):
        self.cancelled.clear()
        if self.status == OPEN:
            self.status = FAILED
        self.send(error_response(failure))

    def serve(self):
        handlers = {
            b"Q": self.query,
            b"P": self.parse,
            b"B": self.bind,
            b"D": self.describe,
            b"E": self.execute,
        }
        skipping = False
        while True:
            kind = self.read(1)
            body = self.read_body()
            if kind == b"X":
                return
            if kind == b"S":
                skipping = False
                self.ready()
            elif not skipping:
                try:
                    handlers[kind](body)
                except Failure as failure:
                    self.fail(failure)
                    skipping = kind != b"Q"
                if kind == b"Q":
                    self.ready()

    def query(self, body):
        for sql in body.rstrip(b"\0").decode("utf-8").split(";"):
            self.note(sql.strip(), [])
            plan = self.planned(sql.strip())
            if plan[0] is not None:
                self.send(row_description(plan[0]))
            self.run(plan)

    def parse(self, body):
        name, sql = body.split(b"\0")[:2]
        self.statement = sql.decode("utf-8")
        self.note(self.statement, [])
        self.plan = self.planned(self.statement)
        self.send(message(b"1"))

    def bind(self, body):
        at = body.index(b"\0", body.index(b"\0") + 1) + 1
        formats, at = self.shorts(body, at)
        (count,) = struct.unpack_from(">h", body, at)
        at += 2
        values = []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", body, at)
            values.append(body[at + 4 : at + 4 + size].decode("utf-8"))
            at += 4 + size
        if any(formats + self.shorts(body, at)[0]):
            raise Failure("0A000", "binary results are not supported")
        if values:
            self.note(self.statement, values)
        self.plan = self.planned(self.statement, values)
        self.send(message(b"2"))

    @staticmethod
    def shorts(body, at):
        (count,) = struct.unpack_from(">h", body, at)
        values = struct.unpack_from(">%dh" % count, body, at + 2)
        return list(values), at + 2 + 2 * count

    def describe(self, body):
        if body[:1] == b"S":
            if redshift_script.forgets(self.statement):
                raise Failure("26000", "prepared statement does not exist")
            self.send(message(b"t", struct.pack(">h", 0)))
        columns = self.plan[0]
        self.send(message(b"n") if columns is None else row_description(columns))

    def execute(self, body):
        self.run(self.plan)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    port, user, password, log = sys.argv[1:]
    with Server(("127.0.0.1", int(port)), Session) as server:
        server.account = (user, password)
        server.log = log
        server.lock = threading.Lock()
        server.sessions = {}
        server.serve_forever()


if __name__ == "__main__":
    main()

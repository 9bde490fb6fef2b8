# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""A scripted server that speaks TDS 7.4 as [MS-TDS] has it: PRELOGIN with TLS,
LOGIN7, SQL batches, attention. It knows no SQL: a function answers every
batch with tokens. Only the Python standard library is needed.

Every connection is served by a thread of a process of its own, so that the
client may hold the interpreter's lock."""

import multiprocessing
import os
import select
import signal
import socket
import ssl
import struct
import threading
import time

import tds_types

SQL_BATCH, RESULT, ATTENTION, LOGIN7, PRELOGIN = 1, 4, 6, 16, 18
END_OF_MESSAGE = 1
HEADER = struct.Struct(">BBHHBB")
# PRELOGIN's ENCRYPTION option
ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUP, ENCRYPT_REQ = range(4)
# DONE's status
MORE, ERROR, COUNT, ATTENTION_SEEN = 0x01, 0x02, 0x10, 0x20
READ_ONLY_INTENT = 0x20
VERSION_74 = 0x74000004


class Disconnected(Exception):
    pass


class Attention(Exception):
    pass


# --- tokens, 2.2.7


def _variable(token, body):
    return bytes([token]) + struct.pack("<H", len(body)) + body


def _message(token, number, text, severity, state, line):
    return _variable(
        token,
        struct.pack("<iBB", number, state, severity)
        + tds_types.us_varchar(text)
        + tds_types.b_varchar("autotest")
        + tds_types.b_varchar("")
        + struct.pack("<i", line),
    )


def error(number, text, severity=16, state=1, line=1):
    return _message(0xAA, number, text, severity, state, line)


def info(number, text, severity=0, state=1, line=1):
    return _message(0xAB, number, text, severity, state, line)


def done(status=0, count=0):
    return b"\xfd" + struct.pack("<HHQ", status, 0, count)


def failed(number, text, **more):
    return error(number, text, **more) + done(ERROR)


def environment(kind, new, old=""):
    return _variable(
        0xE3, bytes([kind]) + tds_types.b_varchar(new) + tds_types.b_varchar(old)
    )


def login_ack(version=VERSION_74):
    return _variable(
        0xAD,
        b"\x01"
        + struct.pack(">I", version)
        + tds_types.b_varchar("Microsoft SQL Server")
        + bytes([16, 0, 0x10, 0x00]),
    )


def result(columns, rows=()):
    """A whole result."""
    count = 0
    yield tds_types.colmetadata(columns)
    for values in rows:
        yield tds_types.row(columns, values)
        count += 1
    yield done(COUNT, count)


# --- what a script may yield beside bytes


class Pause:
    """Sends what there is and waits; the client may ask to stop meanwhile."""

    def __init__(self, seconds):
        self.seconds = seconds


class Drop:
    """Closes the connection, with a reset where `reset`."""

    def __init__(self, reset=False):
        self.reset = reset


class Packets:
    """Packets as they are, made by packets()."""

    def __init__(self, data):
        self.data = data


def packets(tokens, packet_size):
    room = packet_size - HEADER.size
    data = b""
    for start in range(0, len(tokens), room):
        piece = tokens[start : start + room]
        data += HEADER.pack(RESULT, 0, HEADER.size + len(piece), 0, 1, 0) + piece
    return data


class DeafPause(Pause):
    """Does not look at what the client asks."""


# --- a connection


class Login:
    """What LOGIN7 says, 2.2.6.4."""

    NAMES = ("host", "user", "password", "application", "server")

    def __init__(self, data):
        self.version, self.packet_size = struct.unpack_from("<II", data, 4)
        self.type_flags = data[26]
        for i, name in enumerate(self.NAMES):
            setattr(self, name, self.text(data, 36 + 4 * i))
        self.database = self.text(data, 36 + 4 * 8)
        offset, length = struct.unpack_from("<HH", data, 36 + 4 * 2)
        self.password = bytes(
            self.clear(byte) for byte in data[offset : offset + 2 * length]
        ).decode("utf-16-le")

    @staticmethod
    def text(data, at):
        offset, length = struct.unpack_from("<HH", data, at)
        return data[offset : offset + 2 * length].decode("utf-16-le", "replace")

    @staticmethod
    def clear(byte):
        byte ^= 0xA5
        return (byte & 0x0F) << 4 | byte >> 4


class Wire:
    """Packets over a socket, in TLS once it is begun."""

    def __init__(self, connection):
        self.socket = connection
        self.packet_size = 4096
        self.tls = None
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()

    def receive_raw(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise Disconnected()
            data += piece
        return data

    def receive(self, size):
        if self.tls is None:
            return self.receive_raw(size)
        data = b""
        while len(data) < size:
            try:
                data += self.tls.read(size - len(data))
            except ssl.SSLWantReadError:
                self.pull()
        return data

    def pull(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise Disconnected()
        self.incoming.write(piece)

    def send(self, data):
        if self.tls is not None:
            self.tls.write(data)
            data = self.outgoing.read()
        self.socket.sendall(data)

    def readable(self, seconds):
        if self.tls is not None and (self.tls.pending() or self.incoming.pending):
            return True
        return bool(select.select([self.socket], [], [], seconds)[0])

    def read_message(self):
        """(type, data) of the next message."""
        data = b""
        while True:
            header = HEADER.unpack(self.receive(HEADER.size))
            kind, status, length = header[:3]
            data += self.receive(length - HEADER.size)
            if status & END_OF_MESSAGE:
                return kind, data

    def write_packet(self, kind, data, last, number=1):
        status = END_OF_MESSAGE if last else 0
        length = HEADER.size + len(data)
        self.send(HEADER.pack(kind, status, length, 0, number & 255, 0) + data)

    def begin_tls(self, context):
        """The handshake travels in PRELOGIN packets, 3.2.5.2."""
        tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.answer_handshake()
                kind, data = self.read_message()
                if kind != PRELOGIN:
                    raise Disconnected()
                self.incoming.write(data)
        self.answer_handshake()
        self.tls = tls

    def answer_handshake(self):
        data = self.outgoing.read()
        for start in range(0, len(data), 4088):
            piece = data[start : start + 4088]
            self.write_packet(PRELOGIN, piece, start + 4088 >= len(data))

    def end_tls(self):
        """After the login only, where the session is not encrypted."""
        self.tls = None


class Session(threading.Thread):
    """One connection."""

    def __init__(self, connection, server):
        super().__init__(daemon=True)
        self.wire = Wire(connection)
        self.server = server
        self.row_count = 0  # SET ROWCOUNT
        self.login = None

    def run(self):
        try:
            self.begin()
            while True:
                kind, data = self.wire.read_message()
                if kind == SQL_BATCH:
                    self.batch(data)
                elif kind == ATTENTION:
                    self.send_all([done(ATTENTION_SEEN)])
        except (Disconnected, OSError, ssl.SSLError) as reason:
            self.server.note("end " + type(reason).__name__)
        finally:
            self.wire.socket.close()

    # --- login

    def begin(self):
        kind, data = self.wire.read_message()
        if kind != PRELOGIN:
            raise Disconnected()
        asked = self.encryption_option(data)
        granted = self.server.encryption(asked)
        self.send_prelogin(granted)
        if granted != ENCRYPT_NOT_SUP:
            self.wire.begin_tls(self.server.tls_context())
        kind, data = self.wire.read_message()
        self.login = Login(data)
        if granted == ENCRYPT_OFF:
            self.wire.end_tls()
        self.server.note(
            "login user=%s database=%s version=%x intent=%d encrypted=%d"
            % (
                self.login.user,
                self.login.database,
                self.login.version,
                self.login.type_flags & READ_ONLY_INTENT != 0,
                self.wire.tls is not None,
            )
        )
        refusal = self.server.refuse(self.login)
        if refusal is not None:
            self.send_all([refusal])
            raise Disconnected()
        self.wire.packet_size = min(self.login.packet_size, 32767)
        self.send_all(
            [
                environment(1, self.login.database, "master"),
                environment(4, str(self.wire.packet_size), "4096"),
                info(5701, "Changed database context to '%s'." % self.login.database),
                login_ack(),
                done(),
            ]
        )

    @staticmethod
    def encryption_option(data):
        at = 0
        while data[at] != 0xFF:
            token, offset, _ = struct.unpack_from(">BHH", data, at)
            if token == 1:
                return data[offset]
            at += 5
        return ENCRYPT_NOT_SUP

    def send_prelogin(self, encryption):
        version = bytes([16, 0, 0x10, 0x00, 0, 0])
        options = ((0, version), (1, bytes([encryption])), (4, b"\x00"))
        offset = 5 * len(options) + 1
        head = body = b""
        for token, value in options:
            head += struct.pack(">BHH", token, offset + len(body), len(value))
            body += value
        self.wire.write_packet(RESULT, head + b"\xff" + body, True)

    # --- batches

    def batch(self, data):
        (headers,) = struct.unpack_from("<I", data)
        sql = data[headers:].decode("utf-16-le")
        self.server.note("batch " + sql)
        self.send_all(self.server.answer(self, sql))

    def send_all(self, items):
        """Tokens in packets; looks for an attention now and then, which is
        acknowledged after the token that is under way."""
        buffer, number = b"", 1
        room = self.wire.packet_size - HEADER.size
        try:
            for item in items:
                if isinstance(item, Drop):
                    self.drop(buffer, number, item)
                if isinstance(item, Pause):
                    if buffer:
                        self.wire.write_packet(RESULT, buffer, False, number)
                    buffer = b""
                    self.pause(item)
                    continue
                if isinstance(item, Packets):
                    if buffer:
                        self.wire.write_packet(RESULT, buffer, False, number)
                    buffer = b""
                    self.wire.send(item.data)
                    continue
                buffer += item
                while len(buffer) > room:
                    self.wire.write_packet(RESULT, buffer[:room], False, number)
                    buffer = buffer[room:]
                    number += 1
                    self.look(0)
        except Attention:
            self.server.note("attention")
            buffer += done(ATTENTION_SEEN)
        self.wire.write_packet(RESULT, buffer, True, number)

    def drop(self, buffer, number, item):
        if buffer:
            self.wire.write_packet(RESULT, buffer, False, number)
        if item.reset:
            linger = struct.pack("ii", 1, 0)
            self.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Disconnected()

    def pause(self, item):
        if isinstance(item, DeafPause):
            time.sleep(item.seconds)
        else:
            self.look(item.seconds)

    def look(self, seconds):
        if self.server.hears and self.wire.readable(seconds):
            kind, _ = self.wire.read_message()
            if kind == ATTENTION:
                raise Attention()


# --- the server


class Server:
    """A server on a port of the loopback address, in a process of its own.
    answer(session, sql) gives what is sent for a batch. With `tls`, a folder
    with server.crt and server.key, it encrypts when asked to; `insists` makes
    it encrypt always. refuse(login) may answer a login with an error; `hears`
    tells whether attentions are looked for while something is sent."""

    def __init__(
        self,
        answer,
        log,
        tls=None,
        insists=False,
        password=None,
        refuse=None,
        hears=True,
        address="127.0.0.1",
        port=0,
    ):
        self.answer = answer
        self.log = log
        self.tls = tls
        self.insists = insists
        self.password = password
        self.refusal = refuse
        self.hears = hears
        self.process = None
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.listener.listen(64)
        for _ in range(5):
            if self.fork():
                break
        self.listener.close()
        return self

    def fork(self):
        """A process that was forked while another thread held a lock may
        hang: whether this one does not."""
        ready, say_ready = os.pipe()
        self.process = multiprocessing.get_context("fork").Process(
            target=self.serve, args=(say_ready,), daemon=True
        )
        self.process.start()
        os.close(say_ready)
        answers = bool(select.select([ready], [], [], 5)[0])
        os.close(ready)
        if not answers:
            self.__exit__()
        return answers

    def __exit__(self, *_):
        if self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    kill = __exit__

    def serve(self, say_ready):
        threading.Thread(target=self.end_with_parent, daemon=True).start()
        os.write(say_ready, b"!")
        os.close(say_ready)
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Session(connection, self).start()

    @staticmethod
    def end_with_parent():
        """A test that is killed leaves no server behind."""
        parent = os.getppid()
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    def note(self, text):
        """One line a remark; lines of a batch are joined."""
        line = text.replace("\\", "\\\\").replace("\n", "\\n") + "\n"
        with open(self.log, "ab") as file:
            file.write(line.encode("utf-8"))

    def notes(self, prefix=""):
        """What happened so far."""
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file]
        lines = [line.replace("\\n", "\n").replace("\\\\", "\\") for line in lines]
        return [line[len(prefix) :] for line in lines if line.startswith(prefix)]

    def encryption(self, asked):
        if self.tls is None:
            return ENCRYPT_NOT_SUP
        if self.insists:
            return ENCRYPT_REQ
        return {ENCRYPT_NOT_SUP: ENCRYPT_NOT_SUP, ENCRYPT_OFF: ENCRYPT_OFF}.get(
            asked, ENCRYPT_ON
        )

    def tls_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # the handshake ends with the client's packet in 1.2 only
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(
            os.path.join(self.tls, "server.crt"), os.path.join(self.tls, "server.key")
        )
        return context

    def refuse(self, login):
        if self.refusal is not None:
            return self.refusal(login)
        if self.password is None or login.password == self.password:
            return None
        text = "Login failed for user '%s'." % login.user
        return failed(18456, text, severity=14)

# SPDX-License-Identifier: MIT
"""A scripted HiveServer2 for what no real one does on demand: faults, old
forms, other authentications. Written from Apache Hive's TCLIService.thrift,
Thrift's description of its binary protocol and TSaslTransport.

A test makes a Server, changes what it answers, and looks at what it was
asked. It runs in threads of the test's process."""

import contextlib
import socket
import struct
import threading
import time

BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, LIST = (
    2,
    3,
    4,
    6,
    8,
    10,
    11,
    12,
    13,
    15,
)
NUMBERS = {BOOL: ">b", BYTE: ">b", DOUBLE: ">d", I16: ">h", I32: ">i", I64: ">q"}

# TTypeId
BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE_TYPE, TEXT = range(8)
TIMESTAMP, BINARY, ARRAY, DECIMAL, NULL, DATE = 8, 9, 10, 15, 16, 17
VARCHAR, CHAR, TIMESTAMPLOCALTZ = 18, 19, 22

# TOperationState
RUNNING, FINISHED, CANCELED, FAILED = 1, 2, 3, 5


class Silence(Exception):
    """In place of an answer: none, ever."""


class Cut(Exception):
    """In place of an answer: its first bytes, then the end."""

    def __init__(self, answer, size):
        super().__init__()
        self.answer = answer
        self.size = size


class Raw(Exception):
    """In place of an answer: these bytes."""

    def __init__(self, data):
        super().__init__()
        self.data = data


# --- encoding: a struct is a list of (type, id, encoded value)


def number(kind, value):
    return struct.pack(NUMBERS[kind], value)


def text(value):
    data = value if isinstance(value, bytes) else value.encode("utf-8")
    return struct.pack(">i", len(data)) + data


def record(*fields):
    return b"".join(struct.pack(">bh", k, i) + v for k, i, v in fields) + b"\0"


def array(kind, values):
    return struct.pack(">bi", kind, len(values)) + b"".join(values)


def status(code=0, words=None, sqlstate=None):
    fields = [(I32, 1, number(I32, code))]
    if sqlstate:
        fields.append((STRING, 3, text(sqlstate)))
    if words is not None:
        fields.append((STRING, 5, text(words)))
    return (STRUCT, 1, record(*fields))


def error(words, sqlstate=None, code=3):
    """A response whose status is an error."""
    return record(status(code, words, sqlstate))


def handle(guid):
    identifier = record((STRING, 1, text(guid)), (STRING, 2, text(b"\1" * 16)))
    return record((STRUCT, 1, identifier))


def column_desc(name, kind, qualifiers=None):
    entry = [(I32, 1, number(I32, kind))]
    if qualifiers:
        pairs = b"".join(
            text(k) + record((I32, 1, number(I32, v))) for k, v in qualifiers.items()
        )
        values = struct.pack(">bbi", STRING, STRUCT, len(qualifiers)) + pairs
        entry.append((STRUCT, 2, record((MAP, 1, values))))
    kinds = array(STRUCT, [record((STRUCT, 1, record(*entry)))])
    return record((STRING, 1, text(name)), (STRUCT, 2, record((LIST, 1, kinds))))


# TTypeId -> (member of TColumn and TColumnValue, Thrift type)
MEMBERS = {
    BOOLEAN: (1, BOOL),
    TINYINT: (2, BYTE),
    SMALLINT: (3, I16),
    INT: (4, I32),
    BIGINT: (5, I64),
    FLOAT: (6, DOUBLE),
    DOUBLE_TYPE: (6, DOUBLE),
    BINARY: (8, STRING),
}


def encoded(kind, value):
    _, thrift = MEMBERS.get(kind, (7, STRING))
    if thrift == STRING:
        return text(b"" if value is None else value)
    return number(thrift, 0 if value is None else value)


def column_set(columns, rows):
    """TRowSet by columns; trailing zero bytes of the NULLs are left out."""
    encoded_columns = []
    for i, (_, kind, *_) in enumerate(columns):
        member, thrift = MEMBERS.get(kind, (7, STRING))
        bits = bytearray((len(rows) + 7) // 8)
        for k, row in enumerate(rows):
            if row[i] is None:
                bits[k // 8] |= 1 << k % 8
        values = array(thrift, [encoded(kind, row[i]) for row in rows])
        nulls = text(bytes(bits).rstrip(b"\0"))
        content = record((LIST, 1, values), (STRING, 2, nulls))
        encoded_columns.append(record((STRUCT, member, content)))
    return record(
        (I64, 1, number(I64, 0)),
        (LIST, 2, array(STRUCT, [])),
        (LIST, 3, array(STRUCT, encoded_columns)),
    )


def row_set(columns, rows):
    """TRowSet by rows, as servers before protocol V6 send it."""
    encoded_rows = []
    for row in rows:
        values = []
        for (_, kind, *_), value in zip(columns, row):
            member, thrift = MEMBERS.get(kind, (7, STRING))
            content = [] if value is None else [(thrift, 1, encoded(kind, value))]
            member = 7 if member == 8 else member
            values.append(record((STRUCT, member, record(*content))))
        encoded_rows.append(record((LIST, 1, array(STRUCT, values))))
    return record(
        (I64, 1, number(I64, 0)), (LIST, 2, array(STRUCT, encoded_rows))
    )


# --- decoding: a struct is a dictionary


class Closed(Exception):
    pass


class Reader:
    def __init__(self, receive):
        self.receive = receive

    def number(self, kind):
        size = struct.calcsize(NUMBERS[kind])
        return struct.unpack(NUMBERS[kind], self.receive(size))[0]

    def value(self, kind):
        if kind in NUMBERS:
            return self.number(kind)
        if kind == STRING:
            return self.receive(self.number(I32))
        if kind == STRUCT:
            return self.record()
        if kind == MAP:
            key, value, count = struct.unpack(">bbi", self.receive(6))
            return {self.value(key): self.value(value) for _ in range(count)}
        element, count = struct.unpack(">bi", self.receive(5))
        return [self.value(element) for _ in range(count)]

    def record(self):
        fields = {}
        while True:
            kind = self.number(BYTE)
            if kind == 0:
                return fields
            identifier = self.number(I16)
            fields[identifier] = self.value(kind)

    def message(self):
        version, size = struct.unpack(">Ii", self.receive(8))
        if version != 0x80010001:
            raise Closed
        method = self.receive(size).decode()
        sequence = self.number(I32)
        return method, sequence, self.record()[1]


def exactly(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise Closed
        data += more
    return data


class Server:
    """columns: (name, TTypeId[, qualifiers]); rows: tuples. `on` maps a method
    to what answers it instead: a function of the request."""

    def __init__(self, transport="nosasl", columns=(), rows=(), page=None):
        self.transport = transport
        self.columns = list(columns)
        self.rows = list(rows)
        self.page = page  # rows that an answer has at the most
        self.by_row = False
        self.more = False
        self.version = 5
        self.tables = []  # (schema, name)
        self.on = {}
        self.calls = []  # (method, request)
        self.cookies = []  # HTTP: what each request brought
        self.http_status = []  # HTTP: what to answer before anything else
        self.sasl = None  # SASL: the answer to the password
        self.cancelled = threading.Event()
        self.results = {}  # operation -> (columns, rows that are left)
        self.peers = []
        self.lock = threading.Lock()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def connector(self, **keys):
        connection = {
            "server": "127.0.0.1",
            "port": self.port,
            "username": "reader",
            "password": "hunter22",
            "transport": "http" if self.transport == "http" else "binary",
            "auth": "nosasl" if self.transport == "nosasl" else "plain",
        }
        connection.update(keys.pop("connection", {}))
        return dict({"provider": "hive", "connection": connection}, **keys)

    def methods(self):
        return [method for method, _ in self.calls]

    def statements(self):
        return [r[2].decode() for m, r in self.calls if m == "ExecuteStatement"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.listener.close()
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    # --- transports

    def accept(self):
        serve = {"nosasl": self.serve_plain, "sasl": self.serve_sasl}
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.peers.append(peer)
            target = serve.get(self.transport, self.serve_http)
            threading.Thread(target=self.guard, args=(target, peer)).start()

    def guard(self, serve, peer):
        with contextlib.suppress(Closed, OSError):
            serve(peer)
        peer.close()

    def serve_plain(self, peer):
        while True:
            reader = Reader(lambda size: exactly(peer, size))
            self.answer(reader.message(), peer.sendall)

    def serve_sasl(self, peer):
        def receive():
            kind, size = struct.unpack(">bi", exactly(peer, 5))
            return kind, exactly(peer, size)

        assert receive() == (1, b"PLAIN")
        kind, words = receive()
        assert kind == 2
        self.calls.append(("SASL", words))
        kind, answer = self.sasl or (5, b"")
        peer.sendall(struct.pack(">bi", kind, len(answer)) + answer)
        if kind != 5:
            return

        def send(data):
            # more than one frame: messages may span them
            for part in (data[:7], data[7:]):
                peer.sendall(struct.pack(">i", len(part)) + part)

        while True:
            frame = exactly(peer, struct.unpack(">i", exactly(peer, 4))[0])
            position = [0]

            def take(size):
                position[0] += size
                return frame[position[0] - size : position[0]]

            self.answer(Reader(take).message(), send)

    def serve_http(self, peer):
        while True:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += exactly(peer, 1)
            lines = head.decode().split("\r\n")
            headers = dict(
                (k.lower(), v.strip())
                for k, v in (line.split(":", 1) for line in lines[1:] if line)
            )
            body = exactly(peer, int(headers["content-length"]))
            self.cookies.append(headers.get("cookie"))
            self.calls.append(("HTTP", (lines[0], headers)))
            refusal = self.http_status.pop(0) if self.http_status else None
            if refusal:
                page = b"<html><h1>refused</h1> <p>by script</p></html>"
                peer.sendall(
                    b"HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n%s"
                    % (refusal, len(page), page)
                )
                continue
            position = [0]

            def take(size):
                position[0] += size
                return body[position[0] - size : position[0]]

            def send(data):
                peer.sendall(
                    b"HTTP/1.1 200 OK\r\nSet-Cookie: hive.server2.auth=%d\r\n"
                    b"Content-Length: %d\r\n\r\n%s"
                    % (len(self.cookies), len(data), data)
                )

            self.answer(Reader(take).message(), send)

    # --- calls

    def answer(self, message, send):
        method, sequence, request = message
        self.calls.append((method, request))
        head = struct.pack(">Ii", 0x80010002, len(method)) + method.encode()
        head += number(I32, sequence)

        def whole(result):
            return head + record((STRUCT, 0, result))

        try:
            answer = self.on.get(method) or getattr(self, "answer_" + method)
            send(whole(answer(request)))
        except Silence:
            self.cancelled.wait(20)
            raise Closed from None
        except Cut as cut:
            send(whole(cut.answer)[: cut.size])
            raise Closed from None
        except Raw as raw:
            send(raw.data)

    def answer_OpenSession(self, request):
        return record(
            status(), (I32, 2, number(I32, self.version)), (STRUCT, 3, handle(b"s" * 16))
        )

    def answer_GetInfo(self, request):
        value = "Scripted" if request[2] == 17 else "1.0"
        return record(status(), (STRUCT, 2, record((STRING, 1, text(value)))))

    def start(self, columns, rows):
        with self.lock:
            guid = b"op%014d" % len(self.results)
            self.results[guid] = (columns, list(rows))
        return record(status(), (STRUCT, 2, handle(guid)))

    def answer_ExecuteStatement(self, request):
        if request[2].startswith(b"SELECT count(*)"):
            return self.start([("count(1)", BIGINT)], [(len(self.rows),)])
        limited = request[2].endswith(b" LIMIT 0")
        return self.start(self.columns, [] if limited else self.rows)

    def answer_GetTables(self, request):
        names = ("TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME")
        columns = [(name, TEXT) for name in names]
        return self.start(columns, [("", s, t) for s, t in self.tables])

    def answer_GetSchemas(self, request):
        columns = [("TABLE_SCHEM", TEXT), ("TABLE_CATALOG", TEXT)]
        return self.start(columns, [("default", "")])

    def answer_GetOperationStatus(self, request):
        return self.state(FINISHED)

    def state(self, state, words=None, sqlstate=None):
        fields = [status(), (I32, 2, number(I32, state))]
        if sqlstate:
            fields.append((STRING, 3, text(sqlstate)))
        if words:
            fields.append((STRING, 5, text(words)))
        return record(*fields)

    def result_of(self, request):
        return self.results[request[1][1][1]]

    def answer_GetResultSetMetadata(self, request):
        columns, _ = self.result_of(request)
        described = array(STRUCT, [column_desc(*column) for column in columns])
        return record(status(), (STRUCT, 2, record((LIST, 1, described))))

    def answer_FetchResults(self, request):
        columns, rows = self.result_of(request)
        count = min(request[3], self.page or request[3])
        taken = rows[:count]
        del rows[:count]
        form = row_set if self.by_row else column_set
        return record(
            status(),
            (BOOL, 2, number(BOOL, self.more)),
            (STRUCT, 3, form(columns, taken)),
        )

    def answer_CancelOperation(self, request):
        self.cancelled.set()
        return record(status())

    def answer_CloseOperation(self, request):
        return record(status())

    def answer_CloseSession(self, request):
        return record(status())


def wait_until(condition, seconds=5):
    """Whether it became true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True

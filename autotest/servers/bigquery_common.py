# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What the scripted servers of BigQuery share: their rows, protocol buffers as
far as needed, the log."""

import collections
import datetime
import decimal
import json
import threading

import pyarrow

ROWS = 1000
PER_MESSAGE = 100
WKT = "POLYGON((%d 0, %d 0, %d 1, %d 0))"
FIELDS = [
    ("id", "INTEGER"),
    ("name", "STRING"),
    ("shape", "GEOGRAPHY"),
    ("price", "NUMERIC"),
    ("huge", "BIGNUMERIC"),
    ("at", "TIMESTAMP"),
    ("local", "DATETIME"),
    ("day", "DATE"),
    ("clock", "TIME"),
    ("data", "BYTES"),
    ("period", "RANGE"),
    ("span", "INTERVAL"),
]
TYPES = {
    "INTEGER": pyarrow.int64(),
    "STRING": pyarrow.string(),
    "GEOGRAPHY": pyarrow.string(),
    "NUMERIC": pyarrow.decimal128(38, 9),
    "BIGNUMERIC": pyarrow.decimal256(76, 38),
    "TIMESTAMP": pyarrow.timestamp("us", "UTC"),
    "DATETIME": pyarrow.timestamp("us"),
    "DATE": pyarrow.date32(),
    "TIME": pyarrow.time64("us"),
    "BYTES": pyarrow.binary(),
    "RANGE": pyarrow.struct([("start", pyarrow.date32()), ("end", pyarrow.date32())]),
    "INTERVAL": pyarrow.month_day_nano_interval(),
}
SCHEMA = pyarrow.schema([(name, TYPES[kind]) for name, kind in FIELDS])
HUGE = decimal.Decimal("-12345678901234567890123456789012345678.5")


def row(i):
    day = datetime.date(2020, 1, 1) + datetime.timedelta(i)
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901)
    return {
        "id": i,
        "name": None if i % 10 == 9 else "n\u00e4me %d" % i,
        "shape": WKT % (i, i + 1, i, i),
        "price": decimal.Decimal(i) / 4,
        "huge": HUGE,
        "at": moment,
        "local": moment,
        "day": day,
        "clock": datetime.time(3, 4, 5, 678901),
        "data": bytes([i % 256]),
        "period": {"start": day, "end": None},
        "span": pyarrow.MonthDayNano([14, 3, 14706789000000]),
    }


LOCK = threading.Lock()
LOG = None  # the name of a file, set by who starts the servers


def log(**entry):
    """A line of JSON in the log."""
    with LOCK:
        with open(LOG, "a", encoding="utf-8") as out:
            out.write(json.dumps(entry) + "\n")


# --- protocol buffers, as far as needed


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    if isinstance(data, int):
        return varint(number << 3) + varint(data)
    return varint(number << 3 | 2) + varint(len(data)) + data


def parse(data):
    """{number: [values]} of a message."""
    out = collections.defaultdict(list)
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        value = number()
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        out[tag >> 3].append(value)
    return out


def serialized(batch):
    """A stream of one batch with LZ4 buffers."""
    sink = pyarrow.BufferOutputStream()
    options = pyarrow.ipc.IpcWriteOptions(compression="lz4")
    with pyarrow.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


# --- read sessions


class Session:
    """A read session of a request: the columns asked for, and the names of its
    streams, <table>/<number>/<stream>. Tables called many... have as many as
    asked for, each of ROWS rows of its own; "empty" has none."""

    sessions = {}

    def __init__(self, request, metadata):
        message = parse(request)
        session = parse(message[2][0])
        options = parse(session[8][0]) if 8 in session else {}
        names = [name.decode() for name in options.get(1, [])]
        table = session[6][0].decode()
        self.kind = table.rsplit("/", 1)[1]
        self.restriction = options.get(2, [b""])[0].decode()
        log(
            call="CreateReadSession",
            parent=message[1][0].decode(),
            table=table,
            fields=names,
            restriction=self.restriction,
            streams=message[3][0],
            authorization=metadata.get("authorization"),
            quota=metadata.get("x-goog-user-project"),
            params=metadata.get("x-goog-request-params"),
        )
        self.asked = message[3][0]
        chosen = [f for f in SCHEMA if not names or f.name in names]
        self.schema = pyarrow.schema(chosen[: 3 if self.kind == "anon" else None])
        count = self.asked if self.kind.startswith("many") else 1
        with LOCK:
            number = len(self.sessions)
            self.sessions[number] = self
        self.streams = [
            "%s/%d/%d" % (self.kind, number, i)
            for i in range(0 if self.kind == "empty" else count)
        ]

    def answer(self):
        """The message ReadSession."""
        out = field(1, self.kind.encode())
        out += field(5, field(1, self.schema.serialize().to_pybytes()))
        for name in self.streams:
            out += field(10, field(1, name.encode()))
        return out


class Stream:
    """A stream of a request to ReadRows."""

    def __init__(self, request, metadata):
        message = parse(request)
        self.name = message[1][0].decode()
        self.offset = message[2][0] if 2 in message else 0
        self.kind, number, self.number = self.name.split("/")
        self.number = int(self.number)
        self.session = Session.sessions[int(number)]
        log(
            call="ReadRows",
            stream=self.name,
            offset=self.offset,
            authorization=metadata.get("authorization"),
            quota=metadata.get("x-goog-user-project"),
            params=metadata.get("x-goog-request-params"),
        )

    def message(self):
        """The next message ReadRowsResponse; None at the end."""
        count = min(PER_MESSAGE, ROWS - self.offset)
        if count == 0:
            return None
        schema = self.session.schema
        first = self.number * ROWS + self.offset
        rows = [
            {f.name: row(i)[f.name] for f in schema}
            for i in range(first, first + count)
        ]
        batch = pyarrow.RecordBatch.from_pylist(rows, schema=schema)
        self.offset += count
        return rows_message(batch)


def rows_message(batch):
    return field(4, field(1, serialized(batch))) + field(6, batch.num_rows)

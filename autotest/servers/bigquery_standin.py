#!/usr/bin/env python3
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""A scripted server that answers as BigQuery's REST and Storage Read services
do, for what an emulator does not do: tokens, GEOGRAPHY, faults. Needs grpcio
and pyarrow.

bigquery_standin.py REST_PORT GRPC_PORT LOG

Every request becomes a line of JSON in LOG. The name of a table, or a word in
a query, says what happens to it: see FAULTS."""

import collections
import concurrent.futures
import datetime
import decimal
import http.server
import json
import sys
import threading
import time
import urllib.parse

import grpc
import pyarrow

ROWS = 1000
PER_MESSAGE = 100
WKT = "POLYGON((%d 0, %d 0, %d 1, %d 0))"
# Streams: (rows before it, gRPC status, words) the first time, or always.
FAULTS = {
    "unavailable": (300, grpc.StatusCode.UNAVAILABLE, "try again", 1),
    "rst": (500, grpc.StatusCode.INTERNAL, "Received RST_STREAM with code 2", 2),
    "expired": (400, grpc.StatusCode.UNAUTHENTICATED, "token expired", 1),
    "broken": (200, grpc.StatusCode.INTERNAL, "a bug", 1 << 30),
    "trailers": (0, grpc.StatusCode.NOT_FOUND, "no such str\u00e9am", 1 << 30),
}
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


def log(**entry):
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


# --- the Storage Read API


class Storage(grpc.GenericRpcHandler):
    def __init__(self):
        self.failed = collections.Counter()
        self.sessions = {}

    def service(self, details):
        if details.method.endswith("/CreateReadSession"):
            return grpc.unary_unary_rpc_method_handler(self.create)
        if details.method.endswith("/ReadRows"):
            return grpc.unary_stream_rpc_method_handler(self.read)
        return None

    def create(self, request, context):
        message = parse(request)
        session = parse(message[2][0])
        table = session[6][0].decode()
        options = parse(session[8][0]) if 8 in session else {}
        names = [name.decode() for name in options.get(1, [])]
        restriction = options.get(2, [b""])[0].decode()
        metadata = dict(context.invocation_metadata())
        log(
            call="CreateReadSession",
            parent=message[1][0].decode(),
            table=table,
            fields=names,
            restriction=restriction,
            authorization=metadata.get("authorization"),
            params=metadata.get("x-goog-request-params"),
        )
        kind = table.rsplit("/", 1)[1]
        if kind == "denied":
            context.abort(
                grpc.StatusCode.PERMISSION_DENIED,
                "request failed: the user does not have "
                "'bigquery.readsessions.create' permission",
            )
        if "ST_BOUNDINGBOX" in restriction:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such function")
        schema = pyarrow.schema(
            [f for f in SCHEMA if not names or f.name in names][
                : 3 if kind == "anon" else None
            ]
        )
        name = "%s/s%d" % (kind, len(self.sessions))
        self.sessions[name] = schema
        out = field(1, name.encode())
        out += field(5, field(1, schema.serialize().to_pybytes()))
        if kind != "empty":
            out += field(10, field(1, name.encode()))
        return out

    def read(self, request, context):
        message = parse(request)
        name = message[1][0].decode()
        offset = message[2][0] if 2 in message else 0
        kind = name.split("/")[0]
        metadata = dict(context.invocation_metadata())
        log(
            call="ReadRows",
            stream=name,
            offset=offset,
            authorization=metadata.get("authorization"),
        )
        schema = self.sessions[name]
        after, status, words, times = FAULTS.get(kind, (None, None, None, 0))
        fails = self.failed[name] < times
        while offset < ROWS:
            if fails and offset >= after:
                self.failed[name] += 1
                context.abort(status, words)
            if kind == "slow":
                time.sleep(0.5)
            count = min(PER_MESSAGE, ROWS - offset)
            rows = [
                {f.name: row(i)[f.name] for f in schema}
                for i in range(offset, offset + count)
            ]
            batch = pyarrow.RecordBatch.from_pylist(rows, schema=schema)
            yield field(4, field(1, serialized(batch))) + field(6, count)
            offset += count


def serialized(batch):
    """A stream of one batch with LZ4 buffers."""
    sink = pyarrow.BufferOutputStream()
    options = pyarrow.ipc.IpcWriteOptions(compression="lz4")
    with pyarrow.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


# --- REST


def table_schema():
    fields = [{"name": n, "type": t, "mode": "NULLABLE"} for n, t in FIELDS]
    fields[0].update(mode="REQUIRED", description="The key")
    fields[10]["rangeElementType"] = {"type": "DATE"}
    return {"fields": fields}


class Rest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    throttled = 0
    tokens = 0

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, reason, message, location=""):
        error = {"reason": reason, "message": message, "location": location}
        self.answer(status, {"error": {"code": status, "errors": [error]}})

    def do_GET(self):
        self.note(None)
        url = urllib.parse.urlparse(self.path)
        parts = url.path.split("/")
        if "computeMetadata" in parts:
            self.answer(200, {"access_token": "metadata-token", "expires_in": 3600})
        elif "jobs" in parts:
            to = {"projectId": "p", "datasetId": "_a", "tableId": "anon"}
            large = "large" in JOBS[parts[-1]]
            query = {"destinationTable": to} if large else {}
            self.answer(200, {"configuration": {"query": query}})
        elif "queries" in parts:
            self.page(parts[-1], urllib.parse.parse_qs(url.query))
        elif "tables" in parts and parts[-1] == "tables":
            names = [
                {"tableReference": {"datasetId": parts[6], "tableId": "t%03d" % i}}
                for i in range(600)
            ]
            self.answer(200, {"tables": names})
        elif parts[-1] == "datasets":
            references = [{"datasetId": name} for name in ("d1", "d2")]
            self.answer(200, {"datasets": [{"datasetReference": r} for r in references]})
        elif parts[-1] == "projects":
            self.refuse(403, "insufficientPermissions", "not for you")
        elif "tables" in parts:
            self.table(parts[-1])
        else:
            self.answer(200, {})

    def table(self, name):
        if name == "missing":
            self.refuse(404, "notFound", "Not found: Table p:d.missing")
        elif name == "forbidden":
            self.refuse(
                403,
                "accessDenied",
                "Permission bigquery.tables.get denied on table p:d.forbidden",
            )
        elif name == "throttled" and Rest.throttled < 2:
            Rest.throttled += 1
            self.refuse(503, "backendError", "try again")
        elif name == "expired_rest" and "token-1" in self.headers["Authorization"]:
            self.refuse(401, "authError", "Invalid Credentials")
        else:
            kind = "VIEW" if name == "view" else "TABLE"
            self.answer(200, {"type": kind, "schema": table_schema()})

    def page(self, job, query):
        start = int(query.get("pageToken", ["0"])[0])
        size = min(int(query["maxResults"][0]), 400)
        if "pageerror" in JOBS[job] and start > 0:
            self.refuse(400, "invalid", "the page is gone", "q")
            return
        if "endless" in JOBS[job]:
            self.answer(200, {"jobComplete": False})
            return
        if "count(*)" in JOBS[job]:
            cell = {"f": [{"v": str(ROWS)}]}
            self.answer(200, {"jobComplete": True, "rows": [cell], "schema": {}})
            return
        end = min(start + size, ROWS)
        body = {
            "jobComplete": True,
            "schema": {"fields": table_schema()["fields"][:3]},
            "totalRows": str(ROWS),
            "rows": [
                {"f": [{"v": str(i)}, {"v": row(i)["name"]}, {"v": row(i)["shape"]}]}
                for i in range(start, end)
            ],
        }
        if end < ROWS:
            body["pageToken"] = str(end)
        self.answer(200, body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.note(body)
        if self.path == "/token":
            Rest.tokens += 1
            if "refresh_token=gone" in body:
                self.answer(
                    400,
                    {
                        "error": "invalid_grant",
                        "error_description": "Token has been revoked.",
                    },
                )
            else:
                self.answer(
                    200, {"access_token": "token-%d" % Rest.tokens, "expires_in": 3600}
                )
        elif self.path.split("?")[0].endswith("/cancel"):
            self.answer(200, {})
        else:
            self.insert(json.loads(body))

    def insert(self, body):
        configuration = body["configuration"]
        sql = configuration["query"]["query"]
        if "syntax error" in sql:
            self.refuse(400, "invalidQuery", "Syntax error at [1:8]", "query")
        elif "DELETE" in sql or configuration.get("dryRun"):
            kind = "DELETE" if "DELETE" in sql else "SELECT"
            schema = {"fields": table_schema()["fields"][:3]}
            self.answer(
                200,
                {
                    "statistics": {
                        "query": {
                            "statementType": kind,
                            "schema": schema,
                            "totalBytesProcessed": "1234",
                        }
                    }
                },
            )
        else:
            JOBS[body["jobReference"]["jobId"]] = sql
            body["jobReference"]["location"] = "EU"
            self.answer(200, body)

    def note(self, body):
        log(
            method=self.command,
            path=self.path,
            body=body,
            authorization=self.headers.get("Authorization"),
        )


JOBS = {}
LOCK = threading.Lock()
LOG = sys.argv[3]


def main():
    pool = concurrent.futures.ThreadPoolExecutor(16)
    server = grpc.server(pool, handlers=(Storage(),))
    server.add_insecure_port("127.0.0.1:%s" % sys.argv[2])
    server.start()
    address = ("127.0.0.1", int(sys.argv[1]))
    http.server.ThreadingHTTPServer(address, Rest).serve_forever()


main()

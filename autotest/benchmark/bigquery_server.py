# SPDX-License-Identifier: MIT
"""A table of BigQuery's, rendered beforehand, behind as much of its REST and
Storage Read services as reading it takes: bigquery_server.py ROWS FOLDER

Prints the ports of REST and gRPC when it answers. Writes the messages of the
first stream as an Arrow stream to FOLDER/rows.arrow, and the columns to
FOLDER/schema.json. Runs in the Python that has grpcio and pyarrow."""

import concurrent.futures
import datetime
import decimal
import http.server
import json
import os
import sys

import grpc
import pyarrow as pa

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../servers"))

from bigquery_common import field, parse  # noqa: E402

PER_MESSAGE = 8192
STREAMS = 4
COLUMNS = [
    ("id", "INTEGER", pa.int64()),
    ("price", "NUMERIC", pa.decimal128(38, 9)),
    ("big", "INTEGER", pa.int64()),
    ("real", "FLOAT", pa.float64()),
    ("flag", "BOOLEAN", pa.bool_()),
    ("name", "STRING", pa.string()),
    ("city", "STRING", pa.string()),
    ("day", "DATE", pa.date32()),
    ("local", "DATETIME", pa.timestamp("us")),
    ("at", "TIMESTAMP", pa.timestamp("us", "UTC")),
    ("time", "TIME", pa.time64("us")),
    ("data", "BYTES", pa.binary()),
    ("geom", "GEOGRAPHY", pa.string()),
]
SCHEMA = pa.schema([(name, kind) for name, _, kind in COLUMNS])
EPOCH = datetime.datetime(1970, 1, 1)


def batch(numbers):
    moments = [EPOCH + datetime.timedelta(seconds=i, microseconds=123) for i in numbers]
    columns = [
        numbers,
        [decimal.Decimal(i % 100000) / 100 for i in numbers],
        [i * 1000003 for i in numbers],
        [i / 7 for i in numbers],
        [i % 2 == 0 for i in numbers],
        ["name %d" % i for i in numbers],
        ["city of row %d" % (i % 1000) for i in numbers],
        [i % 20000 for i in numbers],
        moments,
        moments,
        [i % 86400 * 1000000 for i in numbers],
        [b"%08x" % i for i in numbers],
        [
            "POINT(%r %r)" % (i % 36000 / 100 - 180, i % 18000 / 100 - 90)
            for i in numbers
        ],
    ]
    arrays = [pa.array(c, type=f.type) for c, f in zip(columns, SCHEMA)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def message_of(part):
    """A batch with LZ4 buffers: of a stream, without its schema and its end,
    which has eight bytes."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, SCHEMA, options=options) as writer:
        writer.write_batch(part)
    return sink.getvalue().to_pybytes()[SCHEMA.serialize().size : -8]


def render(rows):
    """Per stream, the batches and their numbers of rows."""
    streams = []
    each = rows // STREAMS
    for stream in range(STREAMS):
        first = stream * each
        last = rows if stream == STREAMS - 1 else first + each
        messages = []
        for start in range(first, last, PER_MESSAGE):
            part = batch(range(start, min(start + PER_MESSAGE, last)))
            messages.append((part.num_rows, message_of(part)))
        streams.append(messages)
    return streams


class Storage(grpc.GenericRpcHandler):
    def __init__(self, streams):
        self.batches = streams
        self.streams = [
            [field(4, field(1, data)) + field(6, rows) for rows, data in messages]
            for messages in streams
        ]

    def service(self, details):
        if details.method.endswith("/CreateReadSession"):
            return grpc.unary_unary_rpc_method_handler(self.create)
        return grpc.unary_stream_rpc_method_handler(self.read)

    def create(self, request, context):
        count = min(parse(request)[3][0], STREAMS)
        out = field(1, b"session")
        out += field(5, field(1, SCHEMA.serialize().to_pybytes()))
        for i in range(count):
            out += field(10, field(1, b"%d/%d" % (i, count)))
        return out

    def read(self, request, context):
        number, count = [int(n) for n in parse(request)[1][0].split(b"/")]
        for stream in self.streams[number::count]:
            yield from stream


class Rest(http.server.BaseHTTPRequestHandler):
    # headers and body are sent apart
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        data = json.dumps({"type": "TABLE", "schema": table_schema()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def table_schema():
    return {"fields": [{"name": name, "type": kind} for name, kind, _ in COLUMNS]}


def main():
    rows, folder = int(sys.argv[1]), sys.argv[2]
    streams = render(rows)
    with open(os.path.join(folder, "rows.arrow"), "wb") as file:
        file.write(SCHEMA.serialize().to_pybytes())
        for messages in streams:
            file.writelines(data for _, data in messages)
    with open(os.path.join(folder, "schema.json"), "w") as file:
        json.dump(table_schema(), file)
    pool = concurrent.futures.ThreadPoolExecutor(8)
    server = grpc.server(pool, handlers=(Storage(streams),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    rest = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    print(rest.server_address[1], port, flush=True)
    rest.serve_forever()


main()

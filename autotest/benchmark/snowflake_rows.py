# SPDX-License-Identifier: MIT
"""Writes rows of 13 columns as Snowflake's chunks have them: the decoder's
input (rows.arrow, rows.json, rowtype.json), and the same as 20 chunks of gzip
for servers/snowflake_standin.py (arrow.N.gz, json.N.gz, chunks.json):
snowflake_rows.py FOLDER ROWS. Needs pyarrow."""

import gzip
import json
import os
import struct
import sys

import pyarrow as pa

CHUNKS = 20
BATCH = 8192
COLUMNS = [
    ("ID", "fixed", pa.int32(), dict(precision=9, scale=0)),
    ("PRICE", "fixed", pa.int32(), dict(precision=9, scale=2)),
    ("BIG", "fixed", pa.int64(), dict(precision=18, scale=0)),
    ("REAL", "real", pa.float64(), {}),
    ("FLAG", "boolean", pa.bool_(), {}),
    ("NAME", "text", pa.utf8(), dict(length=50)),
    ("CITY", "text", pa.utf8(), dict(length=50)),
    ("DAY", "date", pa.date32(), {}),
    ("NTZ", "timestamp_ntz", pa.int64(), dict(scale=6)),
    ("LTZ", "timestamp_ltz", pa.int64(), dict(scale=3)),
    ("TIME", "time", pa.int64(), dict(scale=6)),
    ("COUNT", "fixed", pa.int8(), dict(precision=3, scale=0)),
    ("GEOM", "binary", pa.binary(), dict(extTypeName="GEOGRAPHY")),
]


def field(name, kind, arrow, meta):
    metadata = {
        "logicalType": kind.upper(),
        "precision": str(meta.get("precision", 0)),
        "scale": str(meta.get("scale", 0)),
        "charLength": str(meta.get("length", 0)),
        "byteLength": str(meta.get("length", 0)),
    }
    return pa.field(name, arrow, metadata=metadata)


SCHEMA = pa.schema([field(*column) for column in COLUMNS])


def row(i):
    """The values of a row: of Arrow, of JSON."""
    point = struct.pack("<BIdd", 1, 1, i % 360 - 180, i % 180 - 90)
    arrow = (
        i,
        i % 100000,
        i * 1000003,
        i / 7,
        i % 2 == 0,
        "name %d" % i,
        "city of row %d" % (i % 1000),
        i % 20000,
        i * 1000000 + 123456,
        i * 1000 + 5,
        i % 86400 * 1000000,
        i % 100,
        point,
    )
    text = (
        str(i),
        "%.2f" % (i % 100000 / 100),
        str(i * 1000003),
        repr(i / 7),
        "1" if i % 2 == 0 else "0",
        arrow[5],
        arrow[6],
        str(arrow[7]),
        "%d.123456000" % i,
        "%d.005000000" % i,
        "%d.000000000" % (i % 86400),
        str(i % 100),
        point.hex().upper(),
    )
    return arrow, text


def record_batches(rows):
    for first in range(0, len(rows), BATCH):
        columns = zip(*rows[first : first + BATCH])
        arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA)]
        yield pa.record_batch(arrays, schema=SCHEMA)


def stream_of(batches):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def main():
    folder, count = sys.argv[1], int(sys.argv[2])

    def path(name):
        return os.path.join(folder, name)

    step = -(-count // CHUNKS)
    counts = []
    with pa.OSFile(path("rows.arrow"), "wb") as whole, pa.ipc.new_stream(
        whole, SCHEMA
    ) as stream, open(path("rows.json"), "wb") as text:
        for first in range(0, count, step):
            rows = [row(i) for i in range(first, min(count, first + step))]
            batches = list(record_batches([arrow for arrow, _ in rows]))
            for batch in batches:
                stream.write_batch(batch)
            body = ",\n".join(json.dumps(cells) for _, cells in rows).encode()
            text.write((b",\n" if first else b"") + body)
            with open(path("arrow.%d.gz" % len(counts)), "wb") as file:
                file.write(gzip.compress(stream_of(batches), 6))
            with open(path("json.%d.gz" % len(counts)), "wb") as file:
                file.write(gzip.compress(body, 6))
            counts.append(len(rows))
    nothing = {"length": None, "precision": None, "scale": None}
    rowtype = [
        dict(nothing, name=name, type=kind, nullable=True, **meta)
        for name, kind, _, meta in COLUMNS
    ]
    with open(path("rowtype.json"), "w") as file:
        json.dump(rowtype, file)
    with open(path("chunks.json"), "w") as file:
        json.dump({"rowtype": rowtype, "counts": counts}, file)


if __name__ == "__main__":
    main()

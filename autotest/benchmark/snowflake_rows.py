# SPDX-License-Identifier: MIT
"""Writes 1,000,000 rows of 13 columns as a chunk of Snowflake's has them, in
Arrow and in JSON, and their "rowtype": snowflake_rows.py FOLDER [ROWS]
(needs pyarrow)."""

import json
import os
import struct
import sys

import pyarrow as pa

folder, count = sys.argv[1], int((sys.argv[2:] or ["1000000"])[0])
STEP = 65536
COLUMNS = [
    ("id", "fixed", pa.int32(), dict(precision=9, scale=0)),
    ("price", "fixed", pa.int32(), dict(precision=9, scale=2)),
    ("big", "fixed", pa.int64(), dict(precision=18, scale=0)),
    ("real", "real", pa.float64(), {}),
    ("flag", "boolean", pa.bool_(), {}),
    ("name", "text", pa.utf8(), dict(length=50)),
    ("city", "text", pa.utf8(), dict(length=50)),
    ("day", "date", pa.date32(), {}),
    ("ntz", "timestamp_ntz", pa.int64(), dict(scale=6)),
    ("ltz", "timestamp_ltz", pa.int64(), dict(scale=3)),
    ("time", "time", pa.int64(), dict(scale=6)),
    ("count", "fixed", pa.int8(), dict(precision=3, scale=0)),
    ("geom", "binary", pa.binary(), dict(extTypeName="GEOGRAPHY")),
]


def row(i):
    """The values of a row: of Arrow, of JSON."""
    point = struct.pack("<BIdd", 1, 1, i % 360 - 180, i % 180 - 90)
    arrow = (i, i % 100000, i * 1000003, i / 7, i % 2 == 0, "name %d" % i,
             "city of row %d" % (i % 1000), i % 20000, i * 1000000 + 123456,
             i * 1000 + 5, i % 86400 * 1000000, i % 100, point)
    text = (str(i), "%.2f" % (i % 100000 / 100), str(i * 1000003), repr(i / 7),
            "1" if i % 2 == 0 else "0", arrow[5], arrow[6], str(arrow[7]),
            "%d.123456000" % i, "%d.005000000" % i,
            "%d.000000000" % (i % 86400), str(i % 100), point.hex().upper())
    return arrow, text


fields = [pa.field(n, t, metadata={"scale": str(m.get("scale", 0))})
          for n, _, t, m in COLUMNS]
schema = pa.schema(fields)
arrow_file = pa.OSFile(os.path.join(folder, "rows.arrow"), "wb")
with arrow_file, pa.ipc.new_stream(arrow_file, schema) as stream, \
        open(os.path.join(folder, "rows.json"), "w") as text_file:
    for first in range(0, count, STEP):
        rows = [row(i) for i in range(first, min(count, first + STEP))]
        columns = zip(*[arrow for arrow, _ in rows])
        stream.write_batch(pa.record_batch(
            [pa.array(c, f.type) for c, f in zip(columns, fields)],
            schema=schema))
        text_file.write(",\n" if first else "")
        text_file.write(",\n".join(json.dumps(text) for _, text in rows))
with open(os.path.join(folder, "rowtype.json"), "w") as types:
    json.dump([dict(name=n, type=k, **m) for n, k, _, m in COLUMNS], types)

# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""A TDS server with a table [dbo].[points] of 11 columns whose rows were
encoded beforehand, so that it is not what is measured:
sqlserver_rows.py PORT [ROWS]. It runs until it is stopped."""

import datetime
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "servers", "tds"))

import tds_script  # noqa: E402
import tds_server  # noqa: E402
import tds_types as t  # noqa: E402
from tds_types import Column  # noqa: E402

BLOCK = 1000
PACKET_SIZE = 16383  # what both clients ask for
COLUMNS = [
    Column("id", t.fixed_integer(), False),
    Column("code", t.nvarchar(20)),
    Column("name", t.nvarchar(50)),
    Column("kind", t.smallint()),
    Column("people", t.bigint()),
    Column("price", t.numeric(12, 3)),
    Column("ratio", t.double()),
    Column("flag", t.bit()),
    Column("day", t.date()),
    Column("made", t.datetime2(3)),
    Column("geom", t.geography()),
]


def row(i):
    day = datetime.date(2000, 1, 1) + datetime.timedelta(days=i)
    made = datetime.datetime(2020, 1, 1) + datetime.timedelta(minutes=i)
    return (
        i,
        "c%06d" % i,
        None if i % 10 == 0 else "the name of place %d" % i,
        i % 100,
        i * 1000003,
        "%d.%03d" % (i, i % 1000),
        i / 7,
        i % 2,
        day,
        made,
        t.point(4326, i % 180 - 90, i % 360 - 180),
    )


class Encoded(tds_script.Relation):
    """A table whose every block of rows is the same."""

    def __init__(self, count):
        super().__init__(COLUMNS, srid=4326)
        self.blocks = count // BLOCK
        rows = b"".join(t.row(COLUMNS, row(i)) for i in range(BLOCK))
        packets = tds_server.packets(rows, PACKET_SIZE)
        self.block = tds_server.Packets(packets)

    def select(self, columns, limit):
        yield t.colmetadata(COLUMNS)
        for _ in range(self.blocks):
            yield self.block
        yield tds_server.done(tds_server.COUNT, self.blocks * BLOCK)


def main():
    port, count = int(sys.argv[1]), int((sys.argv[2:] or ["1000000"])[0])
    points = Encoded(count)
    relations = {"[dbo].[points]": points, "SELECT * FROM points": points}
    log = os.path.join(tempfile.mkdtemp(prefix="cartoconn-bench"), "log")
    script = tds_script.Script(relations)
    with tds_server.Server(script, log, port=port, hears=False) as server:
        server.process.join()


if __name__ == "__main__":
    main()

#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What the tests of sqlserver share: a scripted server of TDS for each test
(servers/tds), connectors to it, what it was told."""

import contextlib
import os
import sys
import tempfile

import pytest
from cartoconn_util import HERE, messages, open_connector, values, variant

sys.path.insert(0, os.path.join(HERE, "..", "servers", "tds"))

tds_server = pytest.importorskip("tds_server")
import tds_script  # noqa: E402
import tds_types as t  # noqa: E402
from tds_script import Relation  # noqa: E402
from tds_types import Column  # noqa: E402

PASSWORD = "Pa$$w0rd;'\"{}[]#\\ \u20ac"


class Scripted:
    """A running server and how to reach it."""

    def __init__(self, server, script):
        self.server = server
        self.script = script

    def connector(self, connection=None, **keys):
        given = dict(
            {
                "server": "127.0.0.1",
                "port": self.server.port,
                "database": "autotest",
                "username": "reader",
                "password": PASSWORD,
            },
            **(connection or {}),
        )
        given = {key: value for key, value in given.items() if value is not None}
        return variant({"provider": "sqlserver", "connection": given}, **keys)

    def table(self, connection=None, **keys):
        return self.connector(connection, **dict({"table": "t"}, **keys))

    def query(self, sql, **keys):
        return self.connector(sql_query=sql, **dict({"import_as": "q"}, **keys))

    def batches(self, beginning=""):
        return [
            sql
            for sql in self.server.notes("batch ")
            if sql.upper().startswith(beginning.upper())
        ]

    def reads(self):
        """The statements that read rows."""
        return [
            sql
            for sql in self.batches("SELECT")
            if "[dbo].[t]" in sql
            and "first_result_set" not in sql
            and "TOP (0)" not in sql
            and "OBJECT_ID" not in sql
            and "STSrid AS s" not in sql
        ]


@contextlib.contextmanager
def scripted(relations=None, answers=None, script=None, **options):
    """A server; further options are those of tds_server.Server."""
    script = script or tds_script.Script(relations, answers)
    with tempfile.TemporaryDirectory(prefix="cartoconn-tds") as folder:
        log = os.path.join(folder, "log")
        with tds_server.Server(script, log, **options) as server:
            yield Scripted(server, script)


def table_of(columns, rows=(), **more):
    return {"[dbo].[t]": Relation(columns, rows, **more)}


def numbers(count):
    """A table of the integers 1 to count."""
    return table_of([Column("n", t.integer(), False)], [(i + 1,) for i in range(count)])


def read(connector, **options):
    """(fields, values, said) of the first layer, read whole."""
    with messages() as said:
        ds = open_connector(connector, **options)
        assert ds is not None, list(said)
        lyr = ds.GetLayer(0)
        defn = lyr.GetLayerDefn()
        fields = [defn.GetFieldDefn(i) for i in range(defn.GetFieldCount())]
        declared = [
            (f.GetName(), f.GetType(), f.GetSubType(), f.GetWidth(), f.GetPrecision())
            for f in fields
        ]
        rows = [values(feature) for feature in lyr]
    return declared, rows, said

#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: listings, limits, names, several layers. The server is scripted
from [MS-TDS]."""

import pytest
from cartoconn_tds import Column, Relation, numbers, read, scripted, t, table_of
from cartoconn_tds import tds_server
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    refuse,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

###############################################################################
# Listing


def listing(names):
    return list(tds_server.result([Column("name", t.nvarchar(128))], names))


LIST_SQL = (
    "SELECT TOP (501) o.name FROM sys.objects o JOIN sys.schemas s "
    "ON s.schema_id = o.schema_id WHERE o.type IN ('U', 'V') "
    "AND o.is_ms_shipped = 0 AND s.name = N'my''s' ORDER BY o.name"
)


def test_sqlserver_listing():
    answers = {LIST_SQL: listing([("a b",), ("\u00e9[]",)])}
    with scripted(answers=answers) as server:
        ds = open_connector(server.connector(schema="my's"))
        names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
    assert names == ["a b", "\u00e9[]"]


def test_sqlserver_listing_of_many():
    answers = {LIST_SQL: listing([("t%03d" % i,) for i in range(501)])}
    with scripted(answers=answers) as server:
        with messages() as said:
            ds = open_connector(server.connector(schema="my's"))
            assert ds.GetLayerCount() == 500
    assert "500" in said.warning


###############################################################################
# Limits


@pytest.mark.parametrize("rows,truncated", [(9, False), (10, False), (11, True)])
def test_sqlserver_row_limit(rows, truncated):
    with scripted(numbers(rows)) as server:
        with messages() as said:
            ds = open_connector(server.table(), MAX_ROWS="10")
            lyr = ds.GetLayer(0)
            assert len(list(lyr)) == min(rows, 10)
        assert server.batches("SET ROWCOUNT") == ["SET ROWCOUNT 11"]
        assert lyr.GetMetadataItem("TRUNCATED") == ("YES" if truncated else None)
    assert bool(said.warnings) == truncated
    assert not said.failures


def test_sqlserver_row_limit_does_not_reach_the_catalog():
    """SET ROWCOUNT is lifted before anything else runs on the connection."""
    with scripted(numbers(100)) as server:
        ds = open_connector(server.table(), MAX_ROWS="2")
        lyr = ds.GetLayer(0)
        with messages():
            assert len(list(lyr)) == 2
            lyr.SetAttributeFilter("n > 0")
            lyr.GetFeatureCount()
        assert server.batches("SET ROWCOUNT") == ["SET ROWCOUNT 3", "SET ROWCOUNT 0"]


@pytest.mark.parametrize("count", [256, 257])
def test_sqlserver_column_limit(count):
    columns = [Column("c%d" % i, t.integer()) for i in range(count)]
    with scripted(table_of(columns, [tuple(range(count))])) as server:
        if count == 256:
            declared, rows, _ = read(server.table())
            assert rows == [list(range(count))]
        else:
            assert "257" in refuse(server.table())


###############################################################################
# ExecuteSQL, Arrow, names


def test_sqlserver_execute_sql():
    sql = "SELECT 42 AS answer"
    relations = dict(numbers(3))
    relations[sql] = Relation([Column("answer", t.integer())], [(42,)])
    with scripted(relations) as server:
        ds = open_connector(server.table())
        lyr = ds.ExecuteSQL(sql)
        assert [f.GetField(0) for f in lyr] == [42]
        ds.ReleaseResultSet(lyr)
        with messages() as said:
            assert ds.ExecuteSQL("SELEC 1") is None
        assert said.failures


def test_sqlserver_import_as_and_long_names():
    columns = [Column("c" * 70, t.integer()), Column("c" * 71, t.integer())]
    with scripted(table_of(columns, [(1, 2)])) as server:
        with messages() as said:
            ds = open_connector(server.table(import_as="renamed"))
            lyr = ds.GetLayer(0)
            defn = lyr.GetLayerDefn()
            names = [defn.GetFieldDefn(i).GetName() for i in range(2)]
            assert len(list(lyr)) == 1
        assert lyr.GetName() == "renamed"
        assert names == ["c" * 63, "c" * 61 + "_1"]
        assert "[%s]" % ("c" * 71) in server.reads()[-1]
    assert said.warnings


def test_sqlserver_many_rows_and_batches():
    count = 20000
    columns = [Column("n", t.integer()), Column("s", t.nvarchar(40))]

    def rows():
        for i in range(count):
            yield (i, None if i % 7 == 0 else "row \u00e9 %d" % i)

    with scripted(table_of(columns, rows)) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        for i, feature in enumerate(lyr):
            assert feature.GetField(0) == i
            assert (feature.GetField(1) is None) == (i % 7 == 0)
        assert i == count - 1


def test_sqlserver_interleaved_layers():
    relations = {
        "[dbo].[a]": Relation([Column("n", t.integer())], [(i,) for i in range(999)]),
        "[dbo].[b]": Relation([Column("n", t.integer())], [(-i,) for i in range(999)]),
    }
    sql = LIST_SQL.replace("my''s", "dbo")
    with scripted(relations, {sql: listing([("a",), ("b",)])}) as server:
        ds = open_connector(server.connector())
        first, second = ds.GetLayer(0), ds.GetLayer(1)
        pairs = [(f.GetField(0), g.GetField(0)) for f, g in zip(first, second)]
    assert pairs == [(i, -i) for i in range(999)]

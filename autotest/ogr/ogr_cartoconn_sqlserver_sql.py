#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: the statements that are sent, filters, counts and extents that
are pushed down, what describes a query. The server is scripted from
[MS-TDS]."""

import datetime

import pytest
from cartoconn_tds import (
    Column,
    Relation,
    numbers,
    read,
    scripted,
    t,
    table_of,
    tds_script,
    tds_server,
)
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    refuse,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

NOON = datetime.datetime(2024, 2, 29, 12, 34, 56)

###############################################################################
# What is sent


def things():
    columns = [
        Column("id", t.integer()),
        Column("na]me", t.nvarchar(20)),
        Column("code", t.char(5)),
        Column("made", t.datetime2(3)),
        Column("shape", t.geometry()),
    ]
    rows = [
        (1, "one", "a", NOON, t.point(3857, 1, 2)),
        (2, "two", "b", None, t.point(3857, 50, 60)),
    ]
    return table_of(columns, rows, srid=3857)


def sent(use, answers=None):
    """What use(layer) makes the driver send for the table."""
    with scripted(things(), answers) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        with messages():
            use(lyr)
            for _ in lyr:
                pass
        (sql,) = server.reads()[-1:]
    return sql


def test_sqlserver_ignored_fields_are_not_fetched():
    def use(lyr):
        lyr.SetIgnoredFields(["id", "code", "made", "OGR_GEOMETRY"])

    assert sent(use) == "SELECT [na]]me] FROM [dbo].[t]"


def test_sqlserver_nothing_wanted():
    def use(lyr):
        lyr.SetIgnoredFields(["id", "na]me", "code", "made", "OGR_GEOMETRY"])

    with scripted(things(), {"SELECT 1 FROM [dbo].[t]": ONES}) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        use(lyr)
        assert len(list(lyr)) == 2


ONES = list(tds_server.result([Column("", t.integer())], [(1,), (1,)]))


@pytest.mark.parametrize(
    "filter,where",
    [
        ("id = 1", "[id] = 1"),
        ("id IN (1, 2) OR id IS NULL", "([id] IN (1, 2)) OR ([id] IS NULL)"),
        (
            "\"na]me\" LIKE '5!%%' ESCAPE '!'",
            "CONVERT(nvarchar(4000), [na]]me]) COLLATE Latin1_General_100_BIN2 "
            "LIKE N'5[%]%'",
        ),
        (
            "made >= '2024/02/29 12:00:00'",
            "[made] >= CAST('2024-02-29T12:00:00' AS datetime2(7))",
        ),
    ],
)
def test_sqlserver_attribute_filter(filter, where):
    sql = sent(lambda lyr: lyr.SetAttributeFilter(filter))
    assert sql.split(" WHERE ")[1] == where


def test_sqlserver_equality_of_text_folds_ascii_only():
    sql = sent(lambda lyr: lyr.SetAttributeFilter("\"na]me\" = 'It''s'"))
    assert "TRANSLATE(" in sql and "N'It''s'" in sql and "+ N'.')" in sql


def test_sqlserver_old_servers_have_no_translate():
    script = tds_script.Script(things())
    script.version = "13.0.5026.0"
    with scripted(script=script) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        lyr.SetAttributeFilter("\"na]me\" = 'TWO'")
        assert [f.GetField("id") for f in lyr] == [2]
        assert "WHERE" not in server.reads()[-1]


def test_sqlserver_what_cannot_be_pushed_is_evaluated_here():
    with scripted(things()) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        lyr.SetAttributeFilter("\"na]me\" > 'p'")
        assert [f.GetField("id") for f in lyr] == [2]
        assert lyr.GetFeatureCount() == 1


def test_sqlserver_spatial_filter():
    def use(lyr):
        lyr.SetSpatialFilterRect(0, 0, 10, 10)

    sql = sent(use)
    assert "[shape].STSrid <> 3857" in sql
    assert "[shape].Filter(geometry::STGeomFromText(N'POLYGON((" in sql


def test_sqlserver_count():
    counts = list(tds_server.result([Column("", t.integer())], [(123456,)]))
    sql = "SELECT count(*) FROM [dbo].[t] WHERE [id] > 5"
    with scripted(things(), {sql: counts}) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        lyr.SetAttributeFilter("id > 5")
        assert lyr.GetFeatureCount() == 123456


def extent_answer(*row):
    columns = [Column("", t.bigint()), Column("", t.bigint())]
    columns += [Column("", t.integer()), Column("", t.integer())]
    columns += [Column("", t.double()) for _ in range(8)]
    return list(tds_server.result(columns, [row]))


EXTENT_SQL = (
    "SELECT n, v, lo, hi, e.STPointN(1).STX, e.STPointN(1).STY, "
    "e.STPointN(2).STX, e.STPointN(2).STY, e.STPointN(3).STX, e.STPointN(3).STY, "
    "e.STPointN(4).STX, e.STPointN(4).STY FROM (SELECT COUNT_BIG(*) AS n, "
    "COUNT_BIG([shape]) AS v, MIN([shape].STSrid) AS lo, MAX([shape].STSrid) AS hi, "
    "geometry::EnvelopeAggregate([shape]) AS e FROM [dbo].[t]) AS t"
)


def test_sqlserver_extent_of_the_server():
    answer = extent_answer(5, 4, 3857, 3857, 1, 2, 9, 2, 9, 8, 1, 8)
    with scripted(things(), {EXTENT_SQL: answer}) as server:
        ds = open_connector(server.table())
        assert ds.GetLayer(0).GetExtent() == (1, 9, 2, 8)
        assert server.reads() == [EXTENT_SQL]


@pytest.mark.parametrize(
    "answer",
    [
        extent_answer(5, 4, 3857, 4326, *[None] * 8),
        [tds_server.failed(6522, "the instance is not valid")],
    ],
)
def test_sqlserver_extent_by_reading(answer):
    """Mixed SRIDs, invalid geometries."""
    with scripted(things(), {EXTENT_SQL: answer}) as server:
        ds = open_connector(server.table())
        with messages() as said:
            assert ds.GetLayer(0).GetExtent() == (1, 50, 2, 60)
    said.assert_quiet()


def test_sqlserver_query_is_sent_verbatim():
    sql = "SELECT a, b\nFROM [x y].u -- 'comment' \u00e9\nWHERE a <> 'it''s'"
    columns = [Column("a", t.integer()), Column("b", t.nvarchar(5))]
    with scripted({sql: Relation(columns, [(1, "\u00e9")])}) as server:
        declared, rows, said = read(server.query(sql + ";\n"))
        assert server.batches("SELECT a") == [sql]
    assert rows == [[1, "\u00e9"]]
    said.assert_quiet()


def test_sqlserver_wrapped_query():
    """Repeated and empty names are renamed by position."""
    sql = "SELECT 1 AS a, 2 AS a, 3"
    wrapped = (
        "SELECT [c2] FROM (SELECT 1 AS a, 2 AS a, 3\n) AS [cc] ([c1], [c2], [c3]) "
        "WHERE [c3] = 3"
    )
    columns = [Column("a", t.integer()), Column("a", t.integer())]
    columns.append(Column("", t.integer()))
    answers = {wrapped: list(tds_server.result(columns[1:2], [(2,)]))}
    with scripted({sql: Relation(columns, [(1, 2, 3)])}, answers) as server:
        ds = open_connector(server.query(sql))
        lyr = ds.GetLayer(0)
        defn = lyr.GetLayerDefn()
        names = [defn.GetFieldDefn(i).GetName() for i in range(3)]
        assert names == ["a", "a_1", "column_3"]
        lyr.SetAttributeFilter("column_3 = 3")
        lyr.SetIgnoredFields(["a", "column_3"])
        assert [f.GetField("a_1") for f in lyr] == [2]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "SELECT a FROM u ORDER BY a",
        "EXEC dbo.p",
    ],
)
def test_sqlserver_query_that_cannot_be_wrapped(sql):
    columns = [Column("a", t.integer()), Column("b", t.integer())]
    rows = [(i, -i) for i in range(10)]
    with scripted({sql: Relation(columns, rows)}) as server:
        ds = open_connector(server.query(sql))
        lyr = ds.GetLayer(0)
        lyr.SetAttributeFilter("a = 7")
        lyr.SetIgnoredFields(["a"])
        assert [f.GetField("b") for f in lyr] == [-7]
        assert lyr.GetFeatureCount() == 1
        # a procedure is never cut short by the session's limit
        assert not server.batches("SET ROWCOUNT")


def test_sqlserver_described_by_the_wire():
    """Servers before 2012, and queries they cannot describe."""
    sql = "SELECT a, g FROM u"
    columns = [
        Column("a", t.numeric(10, 2), False),
        Column("g", t.udt("geometry")),
        Column("s", t.nvarchar(4)),
    ]
    wrapped = (
        "SELECT [c1], [c2].ToString(), [c3] FROM (SELECT a, g FROM u\n) AS [cc] "
        "([c1], [c2], [c3])"
    )
    text = [columns[0], Column("g", t.nvarchar("max")), columns[2]]
    answers = {wrapped: list(tds_server.result(text, [("1.25", "POINT (1 2)", "x")]))}
    script = tds_script.Script({sql: Relation(columns)}, answers, describes=None)
    with scripted(script=script) as server:
        declared, rows, said = read(server.query(sql), GEOM_POSSIBLE_NAMES="g")
        assert declared[0][:3] == ("a", ogr.OFTReal, ogr.OFSTNone)
        assert rows == [[1.25, "x"]]
    said.assert_quiet()


PROCEDURE = "EXEC dbo.p @with = 'temporary tables'"


def undescribable():
    columns = [Column("a", t.integer()), Column("b", t.nvarchar(9))]
    rows = [(i, "row %d" % i) for i in range(700)]
    return {PROCEDURE: Relation(columns, rows, describable=False)}


def test_sqlserver_described_by_running_it_once():
    """The execution that gave the schema is the one of the first read."""
    with scripted(undescribable()) as server:
        ds = open_connector(server.query(PROCEDURE))
        lyr = ds.GetLayer(0)
        assert lyr.GetLayerDefn().GetFieldCount() == 2
        assert [f.GetField(0) for f in lyr] == list(range(700))
        assert server.batches("EXEC") == [PROCEDURE]
        assert [f.GetField(1) for f in lyr][-1] == "row 699"
        assert server.batches("EXEC") == [PROCEDURE] * 2


def test_sqlserver_described_by_the_procedure():
    """Babelfish: types by their names, whatever their numbers; names by the
    wire, for the procedure's and the catalog's are in lower case."""
    columns = [
        Column("Id\u65e5", t.fixed_integer(), False),
        Column("a", t.numeric(10, 2)),
        Column("s", t.nvarchar(4)),
        Column("u", t.uniqueidentifier()),
        Column("geom", t.geometry()),
    ]
    rows = [(7, "1.25", "x", None, t.point(3857, 1, 2))]
    table = table_of(columns, rows, extras=[("id\u65e5", 1, None, None)])
    script = tds_script.Script(table, describes="procedure")
    with scripted(script=script) as server:
        declared, found, said = read(server.table())
        assert server.reads() == [
            "SELECT [Id\u65e5], [a], [s], [u], [geom] FROM [dbo].[t]"
        ]
        ds = open_connector(server.table())
        (feature,) = list(ds.GetLayer(0))
        assert feature.GetFID() == 7
        assert feature.GetGeometryRef().ExportToWkt() == "POINT (1 2)"
    assert declared == [
        ("Id\u65e5", ogr.OFTInteger, ogr.OFSTNone, 0, 0),
        ("a", ogr.OFTReal, ogr.OFSTNone, 10, 2),
        ("s", ogr.OFTString, ogr.OFSTNone, 4, 0),
        ("u", ogr.OFTString, ogr.OFSTUUID, 0, 0),
    ]
    assert found == [[7, 1.25, "x", None]]
    said.assert_quiet()


@pytest.mark.parametrize("describes", ["procedure", None])
def test_sqlserver_run_where_nothing_describes(describes):
    script = tds_script.Script(undescribable(), describes=describes)
    with scripted(script=script) as server:
        ds = open_connector(server.query(PROCEDURE))
        lyr = ds.GetLayer(0)
        assert lyr.GetLayerDefn().GetFieldCount() == 2
        assert [f.GetField(0) for f in lyr] == list(range(700))
        assert server.batches("EXEC") == [PROCEDURE]


def babelfish():
    """A Babelfish with the table of things()."""
    script = tds_script.Script(things(), describes="procedure")
    script.version, script.babelfish = "12.0.2000.8", "4.3.0"
    return scripted(script=script)


def test_sqlserver_babelfish_has_no_filter():
    with babelfish() as server:
        ds = open_connector(server.table())
        assert ds.GetMetadataItem("SERVER_VERSION") == "Babelfish 4.3.0"
        lyr = ds.GetLayer(0)
        lyr.SetSpatialFilterRect(0, 0, 10, 10)
        with messages():
            assert lyr.GetNextFeature() is None
        where = server.reads()[-1].split(" WHERE ")[1]
    assert where == (
        "CASE WHEN [shape].STSrid = 3857 AND ([shape].STX < 0 OR [shape].STX > 10 "
        "OR [shape].STY < 0 OR [shape].STY > 10) OR [shape] IS NULL "
        "THEN 0 ELSE 1 END = 1"
    )


def test_sqlserver_babelfish_has_translate():
    with babelfish() as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        lyr.SetAttributeFilter("\"na]me\" = 'TWO'")
        with messages():
            assert lyr.GetNextFeature() is None
        assert "TRANSLATE(" in server.reads()[-1]


def test_sqlserver_kept_execution_gives_way():
    """Another statement on the connection ends it."""
    relations = undescribable()
    relations["SELECT 1 AS n"] = Relation([Column("n", t.integer())], [(1,)])
    with scripted(relations) as server:
        ds = open_connector(server.query(PROCEDURE))
        assert ds.GetLayer(0).GetLayerDefn().GetFieldCount() == 2
        lyr = ds.ExecuteSQL("SELECT 1 AS n")
        assert [f.GetField(0) for f in lyr] == [1]
        ds.ReleaseResultSet(lyr)
        assert len([f for f in ds.GetLayer(0)]) == 700
        ds = None


def test_sqlserver_statement_that_writes_is_not_run_to_be_described():
    sql = "DELETE FROM t"
    with scripted({sql: Relation([])}) as server:
        failure = refuse(server.query(sql))
        assert server.batches("DELETE") == []
    assert "returns no rows" in failure


def test_sqlserver_read_only_and_session():
    with scripted(numbers(1)) as server:
        read(server.table())
        (login,) = server.server.notes("login ")
        settings = server.batches("SET TEXTSIZE")[-1]
    assert "intent=1" in login and "version=74000004" in login
    for option in ("QUOTED_IDENTIFIER ON", "ANSI_NULLS ON", "ARITHABORT ON"):
        assert option in settings
    assert "SET TEXTSIZE 2147483647;" in settings


def test_sqlserver_missing_table():
    with scripted(numbers(1)) as server:
        failure = refuse(server.table(table="none"))
    assert failure.startswith("SQL Server, query failed (208)"), failure
    assert "Invalid object name" in failure

#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: every type of the wire, tables and queries, what is pushed down,
the catalog. The server is scripted from [MS-TDS]."""

import datetime
import struct

import pytest
from cartoconn_tds import (
    Column,
    Relation,
    numbers,
    scripted,
    t,
    table_of,
    tds_script,
    tds_server,
)
from cartoconn_util import (  # noqa: F401
    geometry_wkb,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    values,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12, 34, 56)


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


def read_one(kind, value, **options):
    """(type, subtype, width, precision) and value of one column, its NULL
    checked as well, both as ROW and as NBCROW."""
    columns = [Column("v", kind)]

    def rows():
        yield (value,)
        yield (None,)
        yield t.nbc_row(columns, (None,))
        yield t.nbc_row(columns, (value,))

    with scripted(table_of(columns, rows)) as server:
        declared, found, said = read(server.table(), **options)
    assert not said.failures, list(said)
    assert [row[0] for row in found[1:3]] == [None, None]
    assert found[0] == found[3]
    return declared[0][1:], found[0][0], said


I, L, R, S = ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal, ogr.OFTString
B, D, T, TS = ogr.OFTBinary, ogr.OFTDate, ogr.OFTTime, ogr.OFTDateTime
NO = ogr.OFSTNone

TYPES = {
    "bit": (t.bit(), 1, (I, ogr.OFSTBoolean, 0, 0), 1),
    "tinyint": (t.tinyint(), 255, (I, ogr.OFSTInt16, 0, 0), 255),
    "smallint": (t.smallint(), -32768, (I, ogr.OFSTInt16, 0, 0), -32768),
    "int": (t.integer(), -(2**31), (I, NO, 0, 0), -(2**31)),
    "bigint": (t.bigint(), -(2**63), (L, NO, 0, 0), -(2**63)),
    "real": (t.real(), 1.5, (R, ogr.OFSTFloat32, 0, 0), 1.5),
    "float": (t.double(), 0.1, (R, NO, 0, 0), 0.1),
    "money": (t.money(), "-1234.5678", (R, NO, 19, 4), -1234.5678),
    "smallmoney": (t.smallmoney(), "-214748.3648", (R, NO, 10, 4), -214748.3648),
    "decimal": (t.numeric(10, 3), "-1234567.891", (R, NO, 10, 3), -1234567.891),
    "decimal9": (t.numeric(9, 0), "-999999999", (I, NO, 9, 0), -999999999),
    "numeric18": (
        t.numeric(18, 0, "numeric"),
        "999999999999999999",
        (L, NO, 18, 0),
        999999999999999999,
    ),
    "date": (t.date(), DAY, (D, NO, 0, 0), (2024, 2, 29, 0, 0, 0.0, 0)),
    "time": (
        t.time(3),
        datetime.time(23, 59, 59, 500000),
        (T, NO, 0, 0),
        (0, 0, 0, 23, 59, 59.5, 0),
    ),
    "smalldatetime": (
        t.smalldatetime(),
        NOON.replace(second=0),
        (TS, NO, 0, 0),
        (2024, 2, 29, 12, 34, 0.0, 0),
    ),
    "datetime": (
        t.datetime_(),
        (DAY, 300 * 3600 + 150),
        (TS, NO, 0, 0),
        (2024, 2, 29, 1, 0, 0.5, 0),
    ),
    "datetime2": (
        t.datetime2(3),
        NOON.replace(microsecond=250000),
        (TS, NO, 0, 0),
        (2024, 2, 29, 12, 34, 56.25, 0),
    ),
    "datetime2-first": (
        t.datetime2(0),
        datetime.datetime(1, 1, 1),
        (TS, NO, 0, 0),
        (1, 1, 1, 0, 0, 0.0, 0),
    ),
    "datetimeoffset": (
        t.datetimeoffset(0),
        (NOON, 0, 330),
        (TS, NO, 0, 0),
        (2024, 2, 29, 7, 4, 56.0, 100),
    ),
    "char": (t.char(5), "ab", (S, NO, 5, 0), "ab   "),
    "varchar": (
        t.varchar(10),
        "na\u00efve \u20ac",
        (S, NO, 10, 0),
        "na\u00efve \u20ac",
    ),
    "varchar-utf8": (
        t.varchar(20, "utf-8", t.UTF8),
        "\u4e2d\u6587\U0001f600",
        (S, NO, 20, 0),
        "\u4e2d\u6587\U0001f600",
    ),
    "varchar-max": (t.varchar("max"), "\u00e9" * 5000, (S, NO, 0, 0), "\u00e9" * 5000),
    "nchar": (t.nchar(3), "\u4e2d\u6587 ", (S, NO, 3, 0), "\u4e2d\u6587 "),
    "nvarchar": (t.nvarchar(9), "\u4e2d\U0001f600", (S, NO, 9, 0), "\u4e2d\U0001f600"),
    "nvarchar-max": (
        t.nvarchar("max"),
        "\u4e2d" * 9000,
        (S, NO, 0, 0),
        "\u4e2d" * 9000,
    ),
    "nvarchar-empty": (t.nvarchar(9), "", (S, NO, 9, 0), ""),
    "text": (t.text(), "na\u00efve" * 2000, (S, NO, 0, 0), "na\u00efve" * 2000),
    "ntext": (t.ntext(), "\u4e2d\u6587", (S, NO, 0, 0), "\u4e2d\u6587"),
    "binary": (t.binary(3), b"\x00\x01\xff", (B, NO, 0, 0), b"\x00\x01\xff"),
    "varbinary": (t.varbinary(9), b"\xff\x00", (B, NO, 0, 0), b"\xff\x00"),
    "varbinary-max": (
        t.varbinary("max"),
        bytes(range(256)) * 300,
        (B, NO, 0, 0),
        bytes(range(256)) * 300,
    ),
    "image": (t.image(), b"\x00\xfe" * 3000, (B, NO, 0, 0), b"\x00\xfe" * 3000),
    "rowversion": (
        t.rowversion(),
        bytes([0, 0, 0, 0, 0, 0, 7, 0xD1]),
        (B, NO, 0, 0),
        bytes([0, 0, 0, 0, 0, 0, 7, 0xD1]),
    ),
    "uniqueidentifier": (
        t.uniqueidentifier(),
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        (S, ogr.OFSTUUID, 0, 0),
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ),
    "xml": (t.xml(), "<a b='\u00e9'/>", (S, NO, 0, 0), "<a b='\u00e9'/>"),
}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_sqlserver_type(name):
    kind, value, declared, expected = TYPES[name]
    found, got, said = read_one(kind, value)
    if name in ("decimal9", "numeric18"):
        declared = declared[:2] + found[2:]
    assert found == declared
    assert got == expected
    assert not said.warnings, list(said)


# With LOSSLESS: the server's own text
LOSSLESS = {
    "decimal38": (
        t.numeric(38, 10),
        "-1234567890123456789012345678.0123456789",
        "-1234567890123456789012345678.0123456789",
    ),
    "money": (t.money(), "922337203685477.5807", "922337203685477.5807"),
    "datetime2": (
        t.datetime2(7),
        (NOON, 1234567),
        "2024-02-29 12:34:56.1234567",
    ),
    "datetimeoffset": (
        t.datetimeoffset(7),
        (NOON, 1234567, -150),
        "2024-02-29 12:34:56.1234567 -02:30",
    ),
    "time": (t.time(7), (datetime.time(23, 59, 59), 9999999), "23:59:59.9999999"),
}


@pytest.mark.parametrize("name", sorted(LOSSLESS))
def test_sqlserver_lossless(name):
    kind, value, expected = LOSSLESS[name]
    found, got, said = read_one(kind, value, LOSSLESS="YES")
    assert found[0] == ogr.OFTString
    assert got == expected
    assert not said.warnings, list(said)


def test_sqlserver_decimal_rounded():
    _, got, said = read_one(t.numeric(38, 0), "1" * 18 + "1")
    assert got == 1111111111111111111
    _, got, said = read_one(t.numeric(38, 10), "1234567890123456789.5")
    assert got == 1234567890123456789.5
    assert "LOSSLESS" in said.warning and '"v"' in said.warning


def test_sqlserver_text_not_in_its_collation():
    """0x81 is no character of code page 1252."""
    _, got, said = read_one(t.varchar(5), b"a\x81b")
    assert got in ("a?b", "a\ufffdb")
    assert '"v"' in said.warning


def test_sqlserver_not_null_default_comment_key():
    columns = [
        Column("id", t.fixed_integer(), False),
        Column("v", t.nvarchar(5), False),
    ]
    extras = [("id", 1, None, None), ("v", 0, "(N'x')", "Wert \u00e9")]
    with scripted(table_of(columns, [(7, "a")], extras=extras)) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        field = lyr.GetLayerDefn().GetFieldDefn(1)
        assert lyr.GetNextFeature().GetFID() == 7
        assert not field.IsNullable()
        assert field.GetAlternativeName() == "Wert \u00e9"
        assert ds.GetMetadataItem("SERVER_VERSION") == "SQL Server 16.0.4135.4"
        assert ds.GetMetadataItem("ROW_LIMIT") == "1000000"


def test_sqlserver_composite_key_is_no_fid():
    columns = [Column(name, t.fixed_integer(), False) for name in "ab"]
    extras = [("a", 1, None, None), ("b", 1, None, None)]
    with scripted(table_of(columns, [(7, 8)], extras=extras)) as server:
        ds = open_connector(server.table())
        assert ds.GetLayer(0).GetNextFeature().GetFID() == 0


###############################################################################
# CLR types, variants


def test_sqlserver_clr_and_variant_as_text():
    """A table's are asked for as text."""
    columns = [
        Column("h", t.udt("hierarchyid")),
        Column("x", t.variant()),
    ]
    text = [Column("h", t.nvarchar(4000)), Column("x", t.nvarchar("max"))]
    sql = "SELECT [h].ToString(), CONVERT(nvarchar(max), [x]) FROM [dbo].[t]"
    answers = {sql: list(tds_server.result(text, [("/1/2/", "42"), (None, None)]))}
    with scripted(table_of(columns), answers) as server:
        _, rows, said = read(server.table())
        assert server.reads() == [sql]
    assert rows == [["/1/2/", "42"], [None, None]]
    said.assert_quiet()


def test_sqlserver_clr_and_variant_in_a_query_that_cannot_be_wrapped():
    sql = "SELECT h, x, 1 AS one FROM u ORDER BY h"
    columns = [
        Column("h", t.udt("hierarchyid")),
        Column("x", t.variant()),
        Column("one", t.integer()),
    ]
    with scripted({sql: Relation(columns, [(b"\x58", "v", 1)])}) as server:
        declared, rows, said = read(server.query(sql))
    assert [(f[0], f[1]) for f in declared] == [("h", B), ("one", I)]
    assert rows == [[b"\x58", 1]]
    assert '"x"' in said.warning and "sql_variant" in said.warning


###############################################################################
# Geometry


def spatial(kind, rows, **more):
    columns = [Column("id", t.integer()), Column("shape", kind)]
    return table_of(columns, list(enumerate(rows)), **more)


def read_wkts(connector):
    ds = open_connector(connector)
    lyr = ds.GetLayer(0)
    srs = lyr.GetSpatialRef()
    code = None if srs is None else srs.GetAuthorityCode(None)
    return code, [
        None if g is None else g.ExportToIsoWkt()
        for g in (f.GetGeometryRef() for f in lyr)
    ]


def test_sqlserver_geography_latitude_first():
    rows = [t.point(4326, 40.5, -3.5), None]
    with scripted(spatial(t.geography(), rows)) as server:
        assert read_wkts(server.table()) == ("4326", ["POINT (-3.5 40.5)", None])


def test_sqlserver_geometry_keeps_srid_z_m():
    zm = t.point(25830, 1, 2, 1, 0x0F, (3, 4))
    with scripted(spatial(t.geometry(), [zm], srid=25830)) as server:
        assert read_wkts(server.table()) == ("25830", ["POINT ZM (1 2 3 4)"])


def test_sqlserver_geometry_line_and_version_2_curve():
    segment = struct.pack("<iBBdddd", 4326, 1, 0x14, 1, 2, 3, 4)
    arc = (
        struct.pack("<iBBi", 4326, 2, 0x04, 3)
        + struct.pack("<6d", 0, 0, 1, 1, 2, 0)
        + struct.pack("<iBi", 1, 2, 0)
        + struct.pack("<iiiB", 1, -1, 0, 8)
    )
    with scripted(spatial(t.geometry(), [segment, arc])) as server:
        assert read_wkts(server.table())[1] == [
            "LINESTRING (1 2,3 4)",
            "CIRCULARSTRING (0 0,1 1,2 0)",
        ]


def test_sqlserver_mixed_srids_are_reprojected():
    rows = [t.point(4326, 0, 0), t.point(3857, 111319.490793274, 0)]
    with scripted(spatial(t.geometry(), rows, srid=4326)) as server:
        ds = open_connector(server.table())
        found = [f.GetGeometryRef().GetX() for f in ds.GetLayer(0)]
    assert found == [0, pytest.approx(1, abs=1e-9)]


def test_sqlserver_full_globe_and_damage_are_told():
    globe = struct.pack("<iBBiii", 4326, 2, 0x24, 0, 0, 1)
    globe += struct.pack("<iiB", -1, -1, 11)
    rows = [t.point(4326, 1, 2), globe, b"\x01\x02"]
    with scripted(spatial(t.geography(), rows)) as server:
        with messages() as said:
            ds = open_connector(server.table())
            found = [f.GetGeometryRef() is None for f in ds.GetLayer(0)]
    assert found == [False, True, True]
    assert "2 geometries" in said.warning or "2 values" in said.warning
    assert "FullGlobe" in said.warning


def test_sqlserver_hex_wkb_of_the_guide():
    """CONVERT(VARCHAR(1000), g.STAsBinary(), 2) AS the_geom: upper-case
    hexadecimal, cut at 500 bytes."""
    sql = "SELECT *, CONVERT(VARCHAR(1000), g.STAsBinary(), 2) as the_geom FROM u"
    point = struct.pack("<BIdd", 1, 1, -3.5, 40.5).hex().upper()
    line = struct.pack("<BII", 1, 2, 60) + struct.pack("<120d", *range(120))
    columns = [
        Column("id", t.integer()),
        Column("g", t.geography()),
        Column("the_geom", t.varchar(1000)),
    ]
    rows = [(1, t.point(4326, 1, 2), point), (2, None, line.hex().upper()[:1000])]
    with scripted({sql: Relation(columns, rows)}) as server:
        with messages() as said:
            ds = open_connector(server.query(sql))
            lyr = ds.GetLayer(0)
            defn = lyr.GetLayerDefn()
            names = [
                defn.GetGeomFieldDefn(i).GetName()
                for i in range(defn.GetGeomFieldCount())
            ]
            features = [[geometry_wkb(f, i) is not None for i in range(2)] for f in lyr]
        assert server.batches("SELECT *") == [sql]
    at = names.index("the_geom")
    assert sorted(names) == ["g", "the_geom"]
    assert [row[at] for row in features] == [True, False]
    assert [row[1 - at] for row in features] == [True, False]
    assert "500 bytes" in said.warning and "VARCHAR(1000)" in said.warning


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
    script = tds_script.Script({sql: Relation(columns)}, answers, describes=False)
    with scripted(script=script) as server:
        declared, rows, said = read(server.query(sql), GEOM_POSSIBLE_NAMES="g")
        assert declared[0][:3] == ("a", R, NO)
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


def test_sqlserver_encoding_is_the_servers():
    """What comes is decoded by its collation, whatever encoding is named."""
    columns = [Column("v", t.varchar(9)), Column("n", t.nvarchar(9))]
    with scripted(table_of(columns, [("\u20ac\u00e9", "\u4e2d")])) as server:
        _, rows, said = read(server.table(encoding="LATIN1"))
    assert rows == [["\u20ac\u00e9", "\u4e2d"]]
    said.assert_quiet()


def test_sqlserver_type_that_nobody_knows():
    columns = [Column("a", t.integer()), Column("b", t.integer())]
    columns[1].kind.name, columns[1].kind.number = "vector(3)", 255
    with scripted(table_of(columns, [(1, 2)])) as server:
        with messages() as said:
            ds = open_connector(server.table())
            lyr = ds.GetLayer(0)
            assert lyr.GetLayerDefn().GetFieldCount() == 1
            assert lyr.GetMetadataItem("SKIPPED_COLUMNS") == "b"
            list(lyr)
    assert '"b"' in said.warning and "vector(3)" in said.warning
    assert gdal.GetLastErrorType() != gdal.CE_Failure


def test_sqlserver_failure_after_the_warnings():
    """A failure to describe is the last thing that is said."""
    columns = [Column("a", t.integer()), Column("b", t.integer())]
    columns[1].kind.name, columns[1].kind.number = "vector(3)", 255
    with scripted(table_of(columns, [(1, 2)])) as server:
        with messages() as said:
            assert open_connector(server.table(target_srs="EPSG:999999")) is None
    assert "vector(3)" in said.warning and "999999" in said.failure
    assert said[-1][0] == gdal.CE_Failure

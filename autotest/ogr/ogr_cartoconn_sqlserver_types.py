#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: every type of the wire, CLR types, what the catalog says of
columns. The server is scripted from [MS-TDS]."""

import datetime

import pytest
from cartoconn_tds import Column, Relation, read, scripted, t, table_of, tds_server
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12, 34, 56)


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
    "money-least": (t.money(), "-922337203685477.5808", "-922337203685477.5808"),
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


# (type, what it is converted to, the style in which CONVERT loses nothing)
STYLES = [
    ("float", "float", 3),
    ("real", "real", 3),
    ("money", "decimal(19, 4)", 0),
    ("smallmoney", "decimal(10, 4)", 0),
    ("date", "date", 121),
    ("time", "time", 121),
    ("datetime", "datetime", 121),
    ("smalldatetime", "smalldatetime", 121),
    ("datetime2", "datetime2", 121),
    ("datetimeoffset", "datetimeoffset", 121),
    ("binary", "varbinary(8000)", 1),
    ("varbinary", "varbinary(8000)", 1),
]


def variant_sql(name):
    cases = [
        " WHEN N'%s' THEN CONVERT(nvarchar(max), CONVERT(%s, %s), %d)"
        % (kind, to, name, style)
        for kind, to, style in STYLES
    ]
    return (
        "CASE CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY(%s, 'BaseType'))" % name
        + "".join(cases)
        + " ELSE CONVERT(nvarchar(max), %s) END" % name
    )


def test_sqlserver_clr_and_variant_as_text():
    """A table's are asked for as text."""
    columns = [
        Column("h", t.udt("hierarchyid")),
        Column("x", t.variant()),
    ]
    text = [Column("h", t.nvarchar(4000)), Column("x", t.nvarchar("max"))]
    sql = "SELECT [h].ToString(), %s FROM [dbo].[t]" % variant_sql("[x]")
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

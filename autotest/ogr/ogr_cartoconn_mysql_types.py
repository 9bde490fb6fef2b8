#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""MySQL and MariaDB: their own types to their last value, and what GDAL's own
driver loses."""

import struct

import pytest
from cartoconn_mysql import is_mariadb
from cartoconn_servers import mysql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
    values,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

I, L, R = ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal
S, B = ogr.OFTString, ogr.OFTBinary
D, T, DT = ogr.OFTDate, ogr.OFTTime, ogr.OFTDateTime
NONE = ogr.OFSTNone

# SQL type: OGR type and subtype, then (SQL literal, value) pairs
TYPES = {
    "tinyint": (I, ogr.OFSTInt16, [("-128", -128), ("127", 127)]),
    "tinyint unsigned": (I, ogr.OFSTInt16, [("0", 0), ("255", 255)]),
    "tinyint(1)": (I, ogr.OFSTInt16, [("2", 2), ("1", 1)]),
    "smallint": (I, ogr.OFSTInt16, [("-32768", -32768), ("32767", 32767)]),
    "smallint unsigned": (I, NONE, [("65535", 65535)]),
    "mediumint": (I, NONE, [("-8388608", -8388608), ("8388607", 8388607)]),
    "mediumint unsigned": (I, NONE, [("16777215", 16777215)]),
    "int": (I, NONE, [("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)]),
    "int(5) unsigned zerofill": (L, NONE, [("7", 7), ("4294967295", 2**32 - 1)]),
    "bigint": (
        L,
        NONE,
        [(str(-(2**63)), -(2**63)), (str(2**63 - 1), 2**63 - 1)],
    ),
    "bigint unsigned": (
        L,
        NONE,
        [("7000000000", 7000000000), (str(2**63 - 1), 2**63 - 1)],
    ),
    "bit(1)": (I, ogr.OFSTBoolean, [("b'0'", 0), ("b'1'", 1)]),
    "bool": (I, ogr.OFSTInt16, [("true", 1), ("-5", -5)]),
    "bit(2)": (I, NONE, [("b'11'", 3)]),
    "bit(8)": (I, NONE, [("b'10000001'", 129)]),
    "bit(31)": (I, NONE, [("0x7FFFFFFF", 2**31 - 1)]),
    "bit(32)": (L, NONE, [("0xFFFFFFFF", 2**32 - 1)]),
    "bit(63)": (L, NONE, [("0x7FFFFFFFFFFFFFFF", 2**63 - 1)]),
    "float": (R, ogr.OFSTFloat32, [("1.5", 1.5), ("-3.4e38", -3.3999999521443642e38)]),
    "double": (R, NONE, [("1e-300", 1e-300), ("0.1", 0.1)]),
    "float(7,3)": (R, ogr.OFSTFloat32, [("12.5", 12.5)]),
    "double unsigned": (R, NONE, [("1.7976931348623157e308", 1.7976931348623157e308)]),
    "decimal(5,2)": (R, NONE, [("-999.99", -999.99)]),
    "decimal(5,2) unsigned": (R, NONE, [("999.99", 999.99)]),
    "decimal(9,0)": (I, NONE, [("-999999999", -999999999)]),
    "decimal(10,0)": (L, NONE, [("9999999999", 9999999999)]),
    "decimal(65,30)": (R, NONE, [("-0.5", -0.5)]),
    "decimal(15,0)": (L, NONE, [("-999999999999999", -999999999999999)]),
    "year": (I, NONE, [("1901", 1901), ("2155", 2155)]),
    "date": (
        D,
        NONE,
        [("'1000-01-01'", (1000, 1, 1)), ("'9999-12-31'", (9999, 12, 31))],
    ),
    "time": (T, NONE, [("'00:00:00'", (0, 0, 0)), ("'23:59:59'", (23, 59, 59))]),
    "time(6)": (T, NONE, [("'12:34:56.750'", (12, 34, 56.75))]),
    "datetime": (DT, NONE, [("'1000-01-01 00:00:00'", (1000, 1, 1, 0, 0, 0))]),
    "datetime(6)": (
        DT,
        NONE,
        [("'9999-12-31 23:59:58.125'", (9999, 12, 31, 23, 59, 58.125))],
    ),
    "timestamp(3)": (
        DT,
        NONE,
        [("'2038-01-19 03:14:06.5'", (2038, 1, 19, 3, 14, 6.5))],
    ),
    "char(5)": (S, NONE, [("'ab  '", "ab"), ("''", "")]),
    "varchar(5)": (S, NONE, [("'ab  '", "ab  "), ("'\U0001f600é'", "\U0001f600é")]),
    "tinytext": (S, NONE, [("'x'", "x")]),
    "text": (S, NONE, [("''", ""), ("'a\\\\b'", "a\\b")]),
    "longtext": (S, NONE, [("'\U0001f600'", "\U0001f600")]),
    "mediumtext": (S, NONE, [("REPEAT('é', 70000)", "é" * 70000)]),
    "varchar(3) character set latin1": (S, NONE, [("'€é'", "€é")]),
    "enum('a','é')": (S, NONE, [("'é'", "é")]),
    "set('x','y')": (S, NONE, [("'x,y'", "x,y"), ("''", "")]),
    "binary(3)": (B, NONE, [("x'00ff'", b"\x00\xff\x00")]),
    "varbinary(3)": (B, NONE, [("x'00ff'", b"\x00\xff"), ("''", b"")]),
    "tinyblob": (B, NONE, [("x'00'", b"\x00")]),
    "blob": (B, NONE, [("x'27005c'", b"'\x00\\"), ("''", b"")]),
    "mediumblob": (B, NONE, [("REPEAT(x'00ff', 40000)", b"\x00\xff" * 40000)]),
    "longblob": (B, NONE, [("x'ff'", b"\xff")]),
    "json": (S, ogr.OFSTJSON, [("'[1, \"é\"]'", '[1, "é"]')]),
}


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def plain(feature, field):
    value = values(feature)[field]
    if not isinstance(value, tuple):
        return value
    kind = feature.GetFieldDefnRef(field).GetType()
    return {D: value[:3], T: value[3:6], DT: value[:6]}[kind]


@pytest.mark.parametrize("sql_type", sorted(TYPES))
def test_mysql_type(mysql, sql_type):
    """As a table's column, a query's and, in the text protocol, a procedure's;
    NULL included."""
    kind, subtype, data = TYPES[sql_type]
    name = "t_%s" % sql_type
    literals = [literal for literal, _ in data] + ["NULL"]
    mysql.run(
        "CREATE TABLE {0} (id int PRIMARY KEY AUTO_INCREMENT, v {1} NULL) "
        "CHARACTER SET utf8mb4; SET sql_mode = '', time_zone = '+00:00'; "
        "INSERT INTO {0} (v) VALUES {2}; "
        "CREATE PROCEDURE {0}() SELECT id, v FROM {0}".format(
            mysql.table(name), sql_type, ", ".join("(%s)" % v for v in literals)
        )
    )
    expected = [value for _, value in data] + [None]
    query = "SELECT id, v FROM " + mysql.table(name)
    for connector in (
        mysql.connector(table=name),
        mysql.connector(sql_query=query, import_as="q"),
        mysql.connector(sql_query="CALL %s()" % mysql.table(name), import_as="q"),
    ):
        with messages() as said:
            ds = open_connector(connector)
            lyr = ds.GetLayer(0)
            field = lyr.GetLayerDefn().GetFieldDefn(1)
            assert (field.GetType(), field.GetSubType()) == (kind, subtype)
            assert [plain(f, 1) for f in lyr] == expected
        said.assert_quiet()


def test_mysql_tinyint1_as_boolean(mysql):
    mysql.create("flags", [("a", "bool"), ("b", "tinyint(4)")], [(2, 2), (0, 0)])
    connector = mysql.connector(table="flags", tinyint1_as_boolean="YES")
    ds = open_connector(connector)
    lyr = ds.GetLayer(0)
    subtypes = [lyr.GetLayerDefn().GetFieldDefn(i).GetSubType() for i in (0, 1)]
    assert subtypes == [ogr.OFSTBoolean, ogr.OFSTInt16]
    assert [values(f) for f in lyr] == [[1, 2], [0, 0]]
    # Every value but 0 is true, on the server as here.
    assert lyr.SetAttributeFilter("a = 1") == 0
    assert lyr.GetFeatureCount() == 1
    assert [values(f) for f in lyr] == [[1, 2]]


LOST = [
    # SQL type, literal, words of the warning, LOSSLESS text
    ("bigint unsigned", "18446744073709551615", "64-bit", "18446744073709551615"),
    ("bit(64)", "0xFFFFFFFFFFFFFFFF", "64-bit", "18446744073709551615"),
    ("decimal(20,0)", "99999999999999999999", "64-bit", "99999999999999999999"),
    (
        "decimal(38,10)",
        "1234567890123456789012345678.5",
        "digits",
        "1234567890123456789012345678.5000000000",
    ),
    ("time", "'838:59:59'", "time", "838:59:59"),
    ("time(2)", "'-00:00:01.25'", "time", "-00:00:01.25"),
    ("date", "'0000-00-00'", "zero", "0000-00-00"),
    ("date", "'2024-05-00'", "zero", "2024-05-00"),
    ("datetime(3)", "'0000-00-00'", "zero", "0000-00-00 00:00:00.000"),
    ("timestamp", "0", "zero", "0000-00-00 00:00:00"),
]


@pytest.mark.parametrize("row", LOST, ids=lambda row: "%s %s" % row[:2])
def test_mysql_what_ogr_cannot_hold(mysql, row):
    """Counted, and kept with LOSSLESS, in either protocol."""
    sql_type, literal, words, text = row
    mysql.run(
        "SET sql_mode = ''; DROP TABLE IF EXISTS {0}; "
        "DROP PROCEDURE IF EXISTS {0}; "
        "CREATE TABLE {0} (v {1} NULL); INSERT INTO {0} VALUES (NULL), ({2}); "
        "CREATE PROCEDURE {0}() SELECT v FROM {0}".format(
            mysql.table("lost"), sql_type, literal
        )
    )
    call = mysql.connector(sql_query="CALL %s()" % mysql.table("lost"), import_as="q")
    for connector in (mysql.connector(table="lost"), call):
        with messages() as said:
            ds = open_connector(connector)
            got = [values(f)[0] for f in ds.GetLayer(0)]
            ds = None
        assert '"v": 1 value' in said.warning and words in said.warning
        assert "row 2" in said.warning and "LOSSLESS" in said.warning
        assert got[0] is None and (got[1] is None) == ("digits" != words)
        with messages() as said:
            ds = open_connector(connector, lossless="YES")
            assert [values(f)[0] for f in ds.GetLayer(0)] == [None, text]
        said.assert_quiet()


def test_mysql_float_as_text(mysql):
    """The servers' text of a FLOAT has six digits: what may lack some is
    counted. In binary it is whole, beside types libmariadb does not know, too."""
    mysql.run(
        "CREATE TABLE {0} (f float); INSERT INTO {0} VALUES (16777217), (0.1), (1e10); "
        "CREATE PROCEDURE {0}() SELECT f FROM {0}".format(mysql.table("floats"))
    )
    with messages() as said:
        ds = open_connector(mysql.connector(table="floats"))
        assert [f["f"] for f in ds.GetLayer(0)] == [16777216, float32(0.1), 1e10]
    said.assert_quiet()
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), "CALL %s()" % mysql.table("floats"))
        assert [f["f"] for f in lyr] == [16777200, float32(0.1), 1e10]
        ds = lyr = None
    assert '"f": 1 value' in said.warning and "may be rounded" in said.warning
    assert "row 1 (16777200)" in said.warning and "DOUBLE" in said.warning


def test_mysql_timestamps_are_instants(mysql):
    """TIMESTAMP with its zone, whatever the server's; DATETIME without."""
    mysql.run(
        "SET time_zone = '+03:00'; CREATE TABLE {0} (z timestamp(3) NULL, d datetime(3)); "
        "INSERT INTO {0} VALUES ('2024-07-01 12:00:00.5', '2024-07-01 12:00:00.5')".format(
            mysql.table("instants")
        )
    )
    ds = open_connector(mysql.connector(table="instants"))
    feature = ds.GetLayer(0).GetNextFeature()
    assert feature.GetFieldAsString("z") == "2024/07/01 09:00:00.500+00"
    assert feature.GetFieldAsString("d") == "2024/07/01 12:00:00.500"


def test_mysql_vector(mysql):
    if is_mariadb(mysql):
        pytest.skip("a type of Oracle's server")
    mysql.run(
        "CREATE TABLE {0} (a int, v vector(3)); "
        "INSERT INTO {0} VALUES (1, STRING_TO_VECTOR('[1,-2.5,0.1]')), "
        "(2, NULL)".format(mysql.table("vectors"))
    )
    ds = open_connector(mysql.connector(table="vectors"))
    lyr = ds.GetLayer(0)
    assert lyr.GetLayerDefn().GetFieldDefn(1).GetSubType() == ogr.OFSTJSON
    assert [values(f) for f in lyr] == [[1, "[1,-2.5,0.1]"], [2, None]]
    assert lyr.SetAttributeFilter("v = '[1,-2.5,0.1]'") == 0
    assert [f["a"] for f in lyr] == [1]
    # The other columns come whole.
    sql = "SELECT v, CAST(16777216 AS float) AS f, a FROM " + mysql.table("vectors")
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql)
        expected = [["[1,-2.5,0.1]", 16777216, 1], [None, 16777216, 2]]
        assert [values(f) for f in lyr] == expected
        lyr.SetIgnoredFields(["v"])
        assert [f["f"] for f in lyr] == [16777216, 16777216]
    said.assert_quiet()


def test_mysql_mariadb_types(mysql):
    if not is_mariadb(mysql):
        pytest.skip("types of MariaDB")
    mysql.run(
        "CREATE TABLE {0} (u uuid, i inet6, j json); INSERT INTO {0} VALUES "
        "('123e4567-e89b-12d3-a456-426655440000', '::1', '{{}}')".format(
            mysql.table("own")
        )
    )
    ds = open_connector(mysql.connector(table="own"))
    lyr = ds.GetLayer(0)
    defn = lyr.GetLayerDefn()
    assert [defn.GetFieldDefn(i).GetType() for i in range(3)] == [S, S, S]
    assert defn.GetFieldDefn(0).GetSubType() == ogr.OFSTUUID
    assert defn.GetFieldDefn(2).GetSubType() == ogr.OFSTJSON
    expected = ["123e4567-e89b-12d3-a456-426655440000", "::1", "{}"]
    assert values(lyr.GetNextFeature()) == expected


###############################################################################
# What GDAL's own driver loses in queries


LOSES = [
    # SQL, value or the words of the warning, LOSSLESS value
    ("7000000000", 7000000000, 7000000000),
    ("18446744073709551615", "64-bit", "18446744073709551615"),
    ("b'101'", 5, 5),
    ("'838:59:59'", "time", "838:59:59"),
    ("'2024-05-00'", "zero", "2024-05-00"),
    ("'\U0001f600'", "\U0001f600", "\U0001f600"),
]


@pytest.mark.parametrize("lossless", ["NO", "YES"])
def test_mysql_what_gdal_loses(mysql, lossless):
    """All of it comes through with LOSSLESS, and is counted without."""
    mysql.run(
        "SET sql_mode = ''; DROP TABLE IF EXISTS {0}; CREATE TABLE {0} "
        "(a bigint, b bigint unsigned, c bit(3), d time, e date, "
        "f varchar(5) CHARACTER SET utf8mb4, g geometry, h geometry); "
        "INSERT INTO {0} VALUES ({1}, {2}, {3})".format(
            mysql.table("loses"),
            ", ".join(sql for sql, _, _ in LOSES),
            mysql.geometry("POINT (1 2)"),
            mysql.geometry("POINT (3 4)"),
        )
    )
    sql = "SELECT a, b AS a, c, d, e, f, g, h FROM " + mysql.table("loses")
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql, lossless=lossless)
        feature = lyr.GetNextFeature()
        assert lyr.GetNextFeature() is None
        defn = lyr.GetLayerDefn()
        names = [defn.GetFieldDefn(i).GetName() for i in range(6)]
        assert names == ["a", "a_1", "c", "d", "e", "f"]
        got = values(feature)[:6]
        wkts = [feature.GetGeomFieldRef(i).ExportToWkt() for i in (0, 1)]
        assert wkts == ["POINT (1 2)", "POINT (3 4)"]
        ds = lyr = None
    if lossless == "YES":
        assert got == [value for _, _, value in LOSES]
        said.assert_quiet()
        return
    lost = [words for _, words, value in LOSES if words != value]
    assert [v for v in got if v is not None] == [v for _, v, w in LOSES if v == w]
    assert len(said.warnings) == len(lost) == 3
    for words, warning in zip(lost, said.warnings):
        assert "1 value" in warning and words in warning and "LOSSLESS" in warning


def test_mysql_duplicate_names_and_two_geometries(mysql):
    sql = "SELECT 7000000000 AS a, 1 AS A, b'101' AS b, %s AS g, %s AS h" % (
        mysql.geometry("POINT (1 2)"),
        mysql.geometry("POINT (3 4)", 3857),
    )
    ds, lyr = open_query(mysql.connector(), sql)
    defn = lyr.GetLayerDefn()
    assert [defn.GetFieldDefn(i).GetName() for i in range(3)] == ["a", "A_1", "b"]
    feature = lyr.GetNextFeature()
    assert values(feature)[:2] == [7000000000, 1]
    assert feature.GetGeomFieldRef(0).ExportToWkt() == "POINT (1 2)"
    assert feature.GetGeomFieldRef(1).ExportToWkt() == "POINT (3 4)"
    references = [
        f.GetSpatialReference()
        for f in (feature.GetGeomFieldRef(0), feature.GetGeomFieldRef(1))
    ]
    assert [r.GetAuthorityCode(None) for r in references] == ["4326", "3857"]

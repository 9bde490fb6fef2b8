#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL's types: each with its OGR type and exact values, as a column of
a table, as a query's and as text with LOSSLESS."""

import json
import math

import pytest
from cartoconn_servers import postgres  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
    values,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

INTEGER, INTEGER64, REAL = ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal
STRING, BINARY = ogr.OFTString, ogr.OFTBinary
DATE, TIME, DATETIME = ogr.OFTDate, ogr.OFTTime, ogr.OFTDateTime
NONE = ogr.OFSTNone

# SQL expression, OGR type, subtype, value
SCALARS = [
    ("true", INTEGER, ogr.OFSTBoolean, 1),
    ("false", INTEGER, ogr.OFSTBoolean, 0),
    ("B'1'::bit(1)", INTEGER, ogr.OFSTBoolean, 1),
    ("B'0'::bit(1)", INTEGER, ogr.OFSTBoolean, 0),
    ("(-32768)::smallint", INTEGER, ogr.OFSTInt16, -32768),
    ("32767::int2", INTEGER, ogr.OFSTInt16, 32767),
    ("(-2147483648)::int4", INTEGER, NONE, -2147483648),
    ("2147483647::int4", INTEGER, NONE, 2147483647),
    ("(-9223372036854775808)::int8", INTEGER64, NONE, -9223372036854775808),
    ("9223372036854775807::int8", INTEGER64, NONE, 9223372036854775807),
    ("4294967295::oid", INTEGER64, NONE, 4294967295),
    ("1.5::float4", REAL, ogr.OFSTFloat32, 1.5),
    ("1e-320::float8", REAL, NONE, 1e-320),
    ("0.1::float8", REAL, NONE, 0.1),
    ("999999999::numeric(9,0)", INTEGER, NONE, 999999999),
    ("9999999999::numeric(10,0)", INTEGER64, NONE, 9999999999),
    ("(-9999999999)::numeric(10,0)", INTEGER64, NONE, -9999999999),
    ("123456789012345678::numeric(18)", INTEGER64, NONE, 123456789012345678),
    ("9223372036854775807::numeric(19)", INTEGER64, NONE, 9223372036854775807),
    ("1234.5678::numeric(8,4)", REAL, NONE, 1234.5678),
    ("12345.678901234::numeric", REAL, NONE, 12345.678901234),
    ("0.00001::numeric", REAL, NONE, 0.00001),
    ("1e100::numeric", REAL, NONE, 1e100),
    ("-0.5::numeric(2,1)", REAL, NONE, -0.5),
    ("12300::numeric(3,-2)", INTEGER, NONE, 12300),
    ("'text'::text", STRING, NONE, "text"),
    ("''::text", STRING, NONE, ""),
    ("'ab'::char(5)", STRING, NONE, "ab   "),
    ("'ab'::varchar(5)", STRING, NONE, "ab"),
    ("'x'::\"char\"", STRING, NONE, "x"),
    ("'a_name'::name", STRING, NONE, "a_name"),
    ("'\\x00ff80'::bytea", BINARY, NONE, b"\x00\xff\x80"),
    ("''::bytea", BINARY, NONE, b""),
    ("'2024-02-29'::date", DATE, NONE, (2024, 2, 29, 0, 0, 0.0, 0)),
    ("'0001-01-01'::date", DATE, NONE, (1, 1, 1, 0, 0, 0.0, 0)),
    ("'9999-12-31'::date", DATE, NONE, (9999, 12, 31, 0, 0, 0.0, 0)),
    ("'23:59:59.5'::time", TIME, NONE, (0, 0, 0, 23, 59, 59.5, 0)),
    (
        "'2024-02-29 23:59:59.25'::timestamp",
        DATETIME,
        NONE,
        (2024, 2, 29, 23, 59, 59.25, 0),
    ),
    (
        "'2024-02-29 23:59:59.25+02'::timestamptz",
        DATETIME,
        NONE,
        (2024, 2, 29, 21, 59, 59.25, 100),
    ),
    ("'0001-01-01 00:00:00'::timestamp", DATETIME, NONE, (1, 1, 1, 0, 0, 0.0, 0)),
    (
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
        STRING,
        ogr.OFSTUUID,
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    ('\'{"b": 1,  "a": [1]}\'::json', STRING, ogr.OFSTJSON, '{"b": 1,  "a": [1]}'),
    ('\'{"b": 1,  "a": [1]}\'::jsonb', STRING, ogr.OFSTJSON, '{"a": [1], "b": 1}'),
    ("'<a>é</a>'::xml", STRING, NONE, "<a>é</a>"),
    ("B'10110'::bit(5)", STRING, NONE, "10110"),
    ("B'101'::varbit", STRING, NONE, "101"),
    ("'12.34'::money", STRING, NONE, "$12.34"),
    ("'192.168.1.5/24'::inet", STRING, NONE, "192.168.1.5/24"),
    ("'10.0.0.0/8'::cidr", STRING, NONE, "10.0.0.0/8"),
    ("'08:00:2b:01:02:03'::macaddr", STRING, NONE, "08:00:2b:01:02:03"),
    (
        "'1 year 2 mons 3 days 04:05:06.789'::interval",
        STRING,
        NONE,
        "1 year 2 mons 3 days 04:05:06.789",
    ),
    ("'-1 days +02:03:00'::interval", STRING, NONE, "-1 days +02:03:00"),
    ("'12:34:56.5+02'::timetz", STRING, NONE, "12:34:56.5+02"),
    ("'(1,2)'::point", STRING, NONE, "(1,2)"),
    ("'[1,5)'::int4range", STRING, NONE, "[1,5)"),
    ("'{[1,3),[5,7)}'::int4multirange", STRING, NONE, "{[1,3),[5,7)}"),
    ("'[2024-01-01,2024-02-01)'::daterange", STRING, NONE, "[2024-01-01,2024-02-01)"),
    ("'a & b'::tsquery", STRING, NONE, "'a' & 'b'"),
    ("'pg_class'::regclass", STRING, NONE, "pg_class"),
    ("'0/16B3748'::pg_lsn", STRING, NONE, "0/16B3748"),
]


def first_value(lyr, field=0):
    return values([f for f in lyr][0])[field]


@pytest.mark.parametrize(
    "sql,kind,subtype,expected", SCALARS, ids=lambda v: str(v)[:40]
)
def test_postgres_type(postgres, sql, kind, subtype, expected):
    """As a column of a query and of a table; NULL beside it."""
    postgres.run("DROP TABLE IF EXISTS %s" % postgres.table("scalar"))
    postgres.fill("scalar", "SELECT 1 AS id, %s AS v" % sql)
    postgres.run("INSERT INTO %s VALUES (2, NULL)" % postgres.table("scalar"))
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), "SELECT %s AS v" % sql)
        field = lyr.GetLayerDefn().GetFieldDefn(0)
        assert (field.GetType(), field.GetSubType()) == (kind, subtype)
        assert first_value(lyr) == expected
        ds = open_connector(postgres.connector(table="scalar"))
        lyr = ds.GetLayer(0)
        field = lyr.GetLayerDefn().GetFieldDefn(1)
        assert (field.GetType(), field.GetSubType()) == (kind, subtype)
        assert [values(f) for f in lyr] == [[1, expected], [2, None]]
    said.assert_quiet()


@pytest.mark.parametrize(
    "sql,kind,subtype,expected", SCALARS, ids=lambda v: str(v)[:40]
)
def test_postgres_type_equals_server_text(postgres, sql, kind, subtype, expected):
    """What is text, and what LOSSLESS makes text, is the server's own."""
    query = "SELECT %s AS v, (%s)::text AS t" % (sql, sql)
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query, lossless="YES")
        got, text = values([f for f in lyr][0])
    said.assert_quiet()
    if lyr.GetLayerDefn().GetFieldDefn(0).GetType() == STRING:
        # A char(n) loses its padding when it is cast.
        assert got.rstrip() == text.rstrip() and len(got) >= len(text)


@pytest.mark.parametrize(
    "declared,width,precision",
    [
        ("varchar(30)", 30, 0),
        ("char(7)", 7, 0),
        ("varchar", 0, 0),
        ("text", 0, 0),
        ("numeric(12,3)", 12, 3),
        ("numeric(38,30)", 38, 30),
        ("numeric", 0, 0),
        ("numeric(9,0)", 0, 0),
        ("float8", 0, 0),
        ("int4", 0, 0),
    ],
)
def test_postgres_width(postgres, declared, width, precision):
    ds, lyr = open_query(postgres.connector(), "SELECT NULL::%s AS v" % declared)
    field = lyr.GetLayerDefn().GetFieldDefn(0)
    assert (field.GetWidth(), field.GetPrecision()) == (width, precision)


###############################################################################
# Types made of types


@pytest.mark.parametrize(
    "sql,expected",
    [
        ("ARRAY[1,2,NULL]", [1, 2, None]),
        ("ARRAY[]::int[]", []),
        ("ARRAY['a','b c',NULL,'']", ["a", "b c", None, ""]),
        ("ARRAY['a\"b','c\\d',E'e\\nf']", ['a"b', "c\\d", "e\nf"]),
        ("ARRAY[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("ARRAY[true,false,NULL]", [True, False, None]),
        ("ARRAY[1.5,2.25]::float8[]", [1.5, 2.25]),
        ("ARRAY[1.50]::numeric[]", [1.50]),
        ("ARRAY['2024-01-02']::date[]", ["2024-01-02"]),
        ("ARRAY['{\"a\": 1}']::jsonb[]", [{"a": 1}]),
        ("ARRAY[9223372036854775807]", [9223372036854775807]),
        ("'[0:1]={7,8}'::int[]", [7, 8]),
    ],
)
def test_postgres_array_is_json(postgres, sql, expected):
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), "SELECT %s AS v" % sql)
        field = lyr.GetLayerDefn().GetFieldDefn(0)
        assert (field.GetType(), field.GetSubType()) == (STRING, ogr.OFSTJSON)
        assert json.loads(first_value(lyr)) == expected
    said.assert_quiet()


def test_postgres_composite_is_json(postgres):
    kind = postgres.table("pair")
    postgres.run("CREATE TYPE %s AS (a int, b text)" % kind)
    with messages() as said:
        ds, lyr = open_query(
            postgres.connector(),
            "SELECT ROW(1,'x\"y')::%s AS v, NULL::%s AS w" % (kind, kind),
        )
        field = lyr.GetLayerDefn().GetFieldDefn(0)
        assert (field.GetType(), field.GetSubType()) == (STRING, ogr.OFSTJSON)
        composite, null = values(lyr.GetNextFeature())
        assert json.loads(composite) == {"a": 1, "b": 'x"y'}
        assert null is None
    said.assert_quiet()


def test_postgres_enum_and_domain(postgres):
    postgres.run(
        """CREATE TYPE {0}.mood AS ENUM ('sad', 'it''s ok', 'happy');
        CREATE DOMAIN {0}.positive AS integer CHECK (VALUE > 0);
        CREATE DOMAIN {0}.code AS varchar(8);
        CREATE DOMAIN {0}.nested AS {0}.positive;""".format(
            postgres.quote(postgres.schema)
        )
    )
    postgres.create(
        "derived",
        [
            ("m", postgres.table("mood")),
            ("p", postgres.table("positive")),
            ("c", postgres.table("code")),
            ("n", postgres.table("nested")),
        ],
        [("it's ok", 5, "abc", 7), (None, None, None, None)],
    )
    with messages() as said:
        ds = open_connector(postgres.connector(table="derived"))
        lyr = ds.GetLayer(0)
        defn = lyr.GetLayerDefn()
        kinds = [defn.GetFieldDefn(i).GetType() for i in range(4)]
        assert kinds == [STRING, INTEGER, STRING, INTEGER]
        assert [values(f) for f in lyr] == [["it's ok", 5, "abc", 7], [None] * 4]
        lyr.SetAttributeFilter("m = 'happy'")
        assert lyr.GetFeatureCount() == 0
        lyr.SetAttributeFilter("m = 'it''s ok' AND p > 4")
        assert lyr.GetFeatureCount() == 1 and lyr.GetNextFeature() is not None
        lyr.SetAttributeFilter("m = 'no such label'")
        assert lyr.GetFeatureCount() == 0
    said.assert_quiet()


def test_postgres_hstore(postgres):
    available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'hstore'"
    from cartoconn_servers import run_psql

    if run_psql(postgres.base["connection"], available).strip() == "0":
        pytest.skip("no hstore")
    postgres.run("CREATE EXTENSION IF NOT EXISTS hstore")
    with messages() as said:
        query = "SELECT 'a=>1, \"b c\"=>NULL'::hstore AS v"
        ds, lyr = open_query(postgres.connector(), query)
        text = first_value(lyr)
    said.assert_quiet()
    assert '"a"' in text and '"b c"' in text and "NULL" in text.upper()


###############################################################################
# What no OGR type holds: NULL and counted, kept with LOSSLESS


@pytest.mark.parametrize(
    "kind,good,bad",
    [
        ("time", ["12:00:00"], ["24:00:00"]),
        (
            "date",
            ["2024-01-01"],
            ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"],
        ),
        (
            "timestamp",
            ["2024-01-01 00:00:00"],
            [
                "infinity",
                "-infinity",
                "0044-03-15 12:00:00 BC",
                "294276-12-31 00:00:00",
            ],
        ),
        (
            "timestamptz",
            ["2024-01-01 00:00:00+00"],
            ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC"],
        ),
        (
            "numeric(20,0)",
            ["9223372036854775807"],
            ["12345678901234567890", "-9223372036854775809"],
        ),
    ],
)
def test_postgres_counted(postgres, kind, good, bad):
    texts = good + bad
    rows = ", ".join("(%d, '%s'::%s)" % (i, t, kind) for i, t in enumerate(texts))
    query = "SELECT v, v::text AS t FROM (VALUES %s) x (i, v) ORDER BY i" % rows
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query)
        got = [values(f)[0] for f in lyr]
    assert None not in got[: len(good)]
    assert got[len(good) :] == [None] * len(bad)
    assert not said.failures
    assert '"v": %d value' % len(bad) in said.warning
    assert "row %d" % (len(good) + 1) in said.warning
    assert bad[0].split()[0] in said.warning
    assert "LOSSLESS=YES" in said.warning
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query, lossless="YES")
        assert lyr.GetLayerDefn().GetFieldDefn(0).GetType() == STRING
        rows = [values(f) for f in lyr]
    said.assert_quiet()
    assert all(v == t for v, t in rows)
    assert len(rows) == len(texts)


def test_postgres_decimal_digits(postgres):
    """A double that is not exact to the last digit is counted."""
    query = """SELECT v FROM (VALUES (1, 0.1::numeric(30,20)),
        (2, 1234567890.12345678901234567890), (3, 123456789012345.5)) x (i, v)
        ORDER BY i"""
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query)
        got = [values(f)[0] for f in lyr]
    assert got == [0.1, 1234567890.123456789, 123456789012345.5]
    assert '"v": 1 value' in said.warning and "row 2" in said.warning
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query, lossless="YES")
        got = [values(f)[0] for f in lyr]
    said.assert_quiet()
    assert got[1] == "1234567890.12345678901234567890"


def test_postgres_numeric_specials(postgres):
    query = """SELECT v FROM (VALUES (1, 'NaN'::numeric), (2, 'Infinity'),
        (3, '-Infinity'), (4, 1)) x (i, v) ORDER BY i"""
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query)
        nan, plus, minus, one = [values(f)[0] for f in lyr]
    said.assert_quiet()
    assert math.isnan(nan) and plus == math.inf and minus == -math.inf and one == 1


def test_postgres_numeric_nan_in_integer(postgres):
    """numeric(p,0) becomes an integer, which has no NaN."""
    query = """SELECT v::numeric(9,0) FROM (VALUES ('NaN'::numeric), (5)) x (v)"""
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), query)
        assert sorted(str(values(f)[0]) for f in lyr) == ["5", "None"]
    assert '"v": 1 value' in said.warning


def test_postgres_microseconds_lossless(postgres):
    query = "SELECT '2024-01-01 00:00:00.123456'::timestamp AS v, '1 us'::interval AS i"
    ds, lyr = open_query(postgres.connector(), query, lossless="YES")
    assert values(lyr.GetNextFeature()) == [
        "2024-01-01 00:00:00.123456",
        "00:00:00.000001",
    ]


def test_postgres_session_settings_do_not_matter(postgres):
    """A role's settings change neither texts nor times."""
    connection = postgres.base["connection"]
    role = "cartoconn_odd_%s" % postgres.schema.split("_")[-1]
    postgres.run(
        """CREATE ROLE {0} LOGIN PASSWORD 'odd';
        ALTER ROLE {0} SET timezone = 'Asia/Kolkata';
        ALTER ROLE {0} SET datestyle = 'German';
        ALTER ROLE {0} SET intervalstyle = 'sql_standard';
        ALTER ROLE {0} SET bytea_output = 'escape';
        ALTER ROLE {0} SET extra_float_digits = -5;
        ALTER ROLE {0} SET standard_conforming_strings = off;
        ALTER ROLE {0} SET search_path = pg_catalog;
        ALTER ROLE {0} SET client_encoding = 'SQL_ASCII';""".format(
            role
        )
    )
    query = """SELECT '2024-07-01 12:00+00'::timestamptz AS a, decode('00ff', 'hex') AS b,
        '1 year 2 days'::interval AS c, ARRAY['2024-07-01'::date] AS d,
        0.1::float8 AS e, ARRAY[0.1::float8] AS f, 'é' AS g"""
    try:
        odd = postgres.connector({"username": role, "password": "odd"})
        ds, lyr = open_query(odd, query)
        ds2, lyr2 = open_query(postgres.connector(), query)
        assert values(lyr.GetNextFeature()) == values(lyr2.GetNextFeature())
        ds, lyr = open_query(odd, query, lossless="YES")
        ds2, lyr2 = open_query(postgres.connector(), query, lossless="YES")
        ours, theirs = values(lyr.GetNextFeature()), values(lyr2.GetNextFeature())
        # The server's own text of a time with zone is in the session's zone.
        assert ours[0] == "2024-07-01 17:30:00+05:30"
        assert ours[1:] == theirs[1:]
        for text in ("a\\b", "it's", "\\", "\\' OR 1 = 1 --"):
            sql = "SELECT $$%s$$::text AS v" % text
            ds, lyr = open_query(odd, sql)
            lyr.SetAttributeFilter("v = '%s'" % text.replace("'", "''"))
            assert [values(f) for f in lyr] == [[text]]
    finally:
        ds = ds2 = lyr = lyr2 = None
        postgres.run("DROP ROLE %s" % role)
    assert connection["username"] != role


###############################################################################
# What the catalog says of columns


def test_postgres_catalog(postgres):
    table = postgres.table("described")
    postgres.run(
        """CREATE TABLE {0} (
            id integer PRIMARY KEY,
            name text NOT NULL DEFAULT 'nobody',
            n integer DEFAULT 42,
            r double precision DEFAULT 1.5,
            t timestamp DEFAULT now(),
            s varchar(5) DEFAULT 'it''s',
            d date NOT NULL);
        COMMENT ON COLUMN {0}.name IS 'The name é';
        INSERT INTO {0} VALUES (1, 'x', 1, 1, now(), 'y', '2024-01-01');""".format(
            table
        )
    )
    ds = open_connector(postgres.connector(table="described"))
    defn = ds.GetLayer(0).GetLayerDefn()
    fields = {defn.GetFieldDefn(i).GetName(): defn.GetFieldDefn(i) for i in range(7)}
    assert not fields["id"].IsNullable()
    assert not fields["name"].IsNullable()
    assert fields["n"].IsNullable()
    # A date may be infinity, which OGR reads as NULL.
    assert fields["d"].IsNullable()
    assert fields["name"].GetAlternativeName() == "The name é"
    assert fields["n"].GetAlternativeName() == ""
    assert fields["name"].GetDefault() == "'nobody'"
    assert fields["n"].GetDefault() == "42"
    assert fields["r"].GetDefault() in ("1.5", "'1.5'")
    assert fields["t"].GetDefault() is None


def test_postgres_generated_and_dropped_columns(postgres):
    table = postgres.table("generated")
    postgres.run(
        """CREATE TABLE {0} (gone integer, a integer,
            b integer GENERATED ALWAYS AS (a * 2) STORED,
            c integer GENERATED ALWAYS AS IDENTITY);
        ALTER TABLE {0} DROP COLUMN gone;
        INSERT INTO {0} (a) VALUES (4);""".format(
            table
        )
    )
    ds = open_connector(postgres.connector(table="generated"))
    lyr = ds.GetLayer(0)
    assert [values(f) for f in lyr] == [[4, 8, 1]]

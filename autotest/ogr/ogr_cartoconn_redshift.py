#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Redshift. What it shares with PostgreSQL is tested there, in its place, and
compared with what the postgres provider reads; what PostgreSQL has not is
asked of the scripted server of servers/redshift_standin.py."""

import json
import math
import os
import time

import pytest
from cartoconn_servers import connector_of, run_psql
from cartoconn_util import (  # noqa: F401
    closed_port,
    config,
    fids,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    record,
    refuse,
    run_program,
    values,
    variant,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

MAXIMUM = 9223372036854775807


@pytest.fixture()
def scripted():
    return connector_of("redshift_scripted")


@pytest.fixture()
def statements():
    """What the scripted server was sent since the test began."""
    path = os.environ.get("CARTOCONN_TEST_REDSHIFT_SCRIPTED_LOG")
    if not path:
        pytest.skip("CARTOCONN_TEST_REDSHIFT_SCRIPTED_LOG is not set")
    begin = os.path.getsize(path) if os.path.exists(path) else 0

    def read():
        with open(path, encoding="utf-8") as log:
            log.seek(begin)
            return [json.loads(line)["sql"] for line in log]

    return read


def open_table(connector, table, **options):
    ds = open_connector(variant(connector, table=table), **options)
    assert ds is not None, gdal.GetLastErrorMsg()
    return ds, ds.GetLayer(0)


###############################################################################
# The scripted server: what it is, what it lists


def test_redshift_version(scripted):
    ds = open_connector(variant(scripted, table="numbers"))
    assert ds.GetMetadataItem("SERVER_VERSION") == "Redshift 1.0.77467"
    assert ds.GetMetadataItem("PROVIDER") == "redshift"
    assert ds.GetMetadataItem("ROW_LIMIT") == "5000000"


def test_redshift_server_is_an_alias_of_cluster(scripted):
    connection = scripted["connection"]
    server = connection["cluster"]
    ds = open_connector(
        variant(scripted, {"cluster": None, "server": server}, table="points")
    )
    assert ds.GetLayer(0).GetFeatureCount() == 3


def test_redshift_listing(scripted):
    with messages() as said:
        ds = open_connector(scripted)
        names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
    said.assert_quiet()
    assert names == "dies endless fails numbers places points slow types".split()


def test_redshift_listing_empty_missing_and_long(scripted):
    with messages() as said:
        assert open_connector(variant(scripted, schema="empty")).GetLayerCount() == 0
    said.assert_quiet()
    failure = refuse(variant(scripted, schema="nowhere"))
    assert failure.startswith("Redshift, query failed (3F000)")
    assert '"nowhere"' in failure
    with messages() as said:
        assert open_connector(variant(scripted, schema="many")).GetLayerCount() == 500
    assert "500 tables" in said.warning


def test_redshift_missing_table(scripted):
    failure = refuse(variant(scripted, table="nothing"))
    assert failure.startswith("Redshift, query failed (42P01)")
    assert "nothing" in failure and '"schema"' in failure
    failure = refuse(variant(scripted, table="t", schema="nowhere"))
    assert failure.startswith("Redshift, query failed (3F000)")


def test_redshift_login_refused(scripted):
    failure = refuse(variant(scripted, {"password": "wrong"}, table="t"))
    assert failure.startswith("Redshift, login failed")
    assert "password authentication failed" in failure


def test_redshift_names_its_parameters(scripted):
    failure = refuse(variant(scripted, {"port": closed_port()}, table="t"))
    assert failure.startswith("Redshift, connect failed")
    assert 'Check "cluster" and "port"' in failure


def test_redshift_requires_tls_by_default(scripted):
    failure = refuse(variant(scripted, {"sslmode": None}, table="t"))
    assert failure.startswith("Redshift, TLS failed") or "SSL" in failure


###############################################################################
# Types


def test_redshift_types(scripted):
    with messages() as said:
        ds, lyr = open_table(scripted, "types")
        defn = lyr.GetLayerDefn()
        first, second, third = [values(f) for f in lyr]
    assert not said.failures
    kinds = {
        defn.GetFieldDefn(i).GetName(): (
            defn.GetFieldDefn(i).GetType(),
            defn.GetFieldDefn(i).GetSubType(),
            defn.GetFieldDefn(i).GetWidth(),
        )
        for i in range(defn.GetFieldCount())
    }
    assert kinds == {
        "b": (ogr.OFTInteger, ogr.OFSTBoolean, 0),
        "i2": (ogr.OFTInteger, ogr.OFSTInt16, 0),
        "i4": (ogr.OFTInteger, ogr.OFSTNone, 0),
        "i8": (ogr.OFTInteger64, ogr.OFSTNone, 0),
        "n": (ogr.OFTReal, ogr.OFSTNone, 12),
        "n38": (ogr.OFTInteger64, ogr.OFSTNone, 0),
        "f4": (ogr.OFTReal, ogr.OFSTFloat32, 0),
        "f8": (ogr.OFTReal, ogr.OFSTNone, 0),
        "c": (ogr.OFTString, ogr.OFSTNone, 5),
        "v": (ogr.OFTString, ogr.OFSTNone, 20),
        "d": (ogr.OFTDate, ogr.OFSTNone, 0),
        "t": (ogr.OFTTime, ogr.OFSTNone, 0),
        "tz": (ogr.OFTString, ogr.OFSTNone, 0),
        "ts": (ogr.OFTDateTime, ogr.OFSTNone, 0),
        "tstz": (ogr.OFTDateTime, ogr.OFSTNone, 0),
        "iy": (ogr.OFTString, ogr.OFSTNone, 0),
        "id": (ogr.OFTString, ogr.OFSTNone, 0),
        "s": (ogr.OFTString, ogr.OFSTJSON, 0),
        "vb": (ogr.OFTBinary, ogr.OFSTNone, 0),
        "acl": (ogr.OFTString, ogr.OFSTNone, 0),
    }
    assert first[:6] == [1, -32768, -(2**31), -(2**63), -123456789.125, MAXIMUM]
    assert first[6:10] == [1.5, 0.1, "ab   ", "é日\U0001f600"]
    assert first[10][:3] == (2024, 2, 29)
    assert first[11][3:5] == (23, 59)
    assert first[11][5] == pytest.approx(59.123, abs=1e-3)
    assert first[12] == "12:00:00+02"
    assert first[13] == (2024, 2, 29, 12, 0, 0.5, 0)
    assert first[14] == (2024, 2, 29, 12, 0, 0.5, 100)
    assert first[15:] == [
        "1 year 2 mons",
        "3 days 04:05:06",
        '{"a":[1,"b",null]}',
        b"\x00\xffA",
        "rdsdb=r/rdsdb",
    ]
    assert second[:4] == [0, 32767, 2**31 - 1, MAXIMUM]
    assert second[5] is None and math.isnan(second[6]) and second[7] == -math.inf
    assert [second[i] for i in (10, 11, 13)] == [None] * 3
    assert second[18] == b"" and second[9] == ""
    assert third == [None] * 20
    lost = [text.split('column "')[1].split('"')[0] for text in said.warnings]
    assert lost == ["n38", "d", "t", "ts"]


def test_redshift_types_lossless(scripted):
    with messages() as said:
        ds, lyr = open_table(scripted, "types", lossless="YES")
        second = [values(f) for f in lyr][1]
    said.assert_quiet()
    assert second[5] == "9" * 38
    assert second[10:14] == ["0044-03-15 BC", "24:00:00", "00:00:00+00", "infinity"]


def test_redshift_catalog(scripted):
    """NOT NULL, defaults and remarks; keys are not enforced and none."""
    ds, lyr = open_table(scripted, "types")
    defn = lyr.GetLayerDefn()
    integer = defn.GetFieldDefn(defn.GetFieldIndex("i4"))
    assert not integer.IsNullable() and integer.GetDefault() == "7"
    text = defn.GetFieldDefn(defn.GetFieldIndex("v"))
    assert text.IsNullable() and text.GetDefault() == "'x'"
    assert text.GetAlternativeName() == "a remark"
    assert lyr.GetFIDColumn() == ""


def test_redshift_without_catalog(scripted):
    """What the catalog refuses to tell is done without, and only debug output
    says so."""
    with config(CPL_DEBUG="CARTOCONN"), messages() as said:
        ds, lyr = open_table(scripted, "points")
        wkts = [f.GetGeometryRef() and f.GetGeometryRef().ExportToWkt() for f in lyr]
    assert wkts == ["POINT (1 2)", "POINT (3 4)", None]
    said.assert_quiet()
    assert "permission denied for relation svv_columns" in said.everything


def test_redshift_text_rows(scripted, statements):
    """Neither COPY nor cursors nor binary, which the server refuses; all of
    it in transactions that only read."""
    ds, lyr = open_table(scripted, "numbers")
    assert [f["n"] for f in lyr] == list(range(20000))
    sent = statements()
    assert sent.count('SELECT "n" FROM "public"."numbers"') == 1
    assert "BEGIN TRANSACTION READ ONLY" in sent
    assert "SET LOCAL extra_float_digits TO 2" in sent
    assert not [s for s in sent if "COPY" in s or "DECLARE" in s]
    reading = sent.index('SELECT "n" FROM "public"."numbers"')
    assert "BEGIN TRANSACTION READ ONLY" in sent[reading - 3 : reading]


def test_redshift_ignored_fields(scripted):
    """Are not asked for."""
    ds, lyr = open_table(scripted, "types")
    names = [f.GetName() for f in lyr.schema]
    lyr.SetIgnoredFields([name for name in names if name not in ("v", "i2")])
    assert lyr.GetNextFeature()["v"] == "é日\U0001f600"
    assert lyr.GetMetadataItem("SQL") == 'SELECT "i2", "v" FROM "public"."types"'
    lyr.SetIgnoredFields(names)
    assert len([f for f in lyr]) == 3
    assert lyr.GetMetadataItem("SQL") == 'SELECT 1 FROM "public"."types"'


###############################################################################
# Geometry


def test_redshift_geometry(scripted):
    with messages() as said:
        ds, lyr = open_table(scripted, "places")
        defn = lyr.GetLayerDefn()
        names = [
            defn.GetGeomFieldDefn(i).GetName() for i in range(defn.GetGeomFieldCount())
        ]
        assert names == ["the_geom", "area", "other"]
        features = [f for f in lyr]
        first = [features[0].GetGeomFieldRef(i).ExportToWkt() for i in range(3)]
    said.assert_quiet()
    assert first == ["POINT (4.8 45.7)", "POINT (4.8 45.7)", "POINT (0 0)"]
    geometry = features[1].GetGeometryRef()
    assert geometry.ExportToWkt() == "GEOMETRYCOLLECTION (POINT (7 8))"
    assert lyr.GetSpatialRef().GetAuthorityCode(None) == "4326"
    # Web Mercator's origin
    x, y = features[2].GetGeometryRef().GetX(), features[2].GetGeometryRef().GetY()
    assert (x, y) == pytest.approx((0, 0), abs=1e-9)
    assert features[3].GetGeometryRef() is None


def test_redshift_geometry_of_a_query(scripted):
    ds, lyr = open_query(scripted, "SELECT ST_MakePoint(1, 2) AS the_geom")
    assert lyr.GetNextFeature().GetGeometryRef().ExportToWkt() == "POINT (1 2)"
    assert lyr.GetSpatialRef().GetAuthorityCode(None) == "4326"


def test_redshift_box_is_pushed(scripted):
    """By coordinates, which collections have too; other SRIDs come along."""
    ds, lyr = open_table(scripted, "places")
    lyr.SetSpatialFilterRect(4, 45, 5, 46)
    assert [f["id"] for f in lyr] == [1]
    sql = lyr.GetMetadataItem("SQL")
    assert 'WHERE (ST_SRID("geom") NOT IN (0, 4326) OR (ST_XMax("geom") >= 4' in sql
    lyr.SetAttributeFilter("id >= 3")
    assert [f["id"] for f in lyr] == []
    assert lyr.GetMetadataItem("SQL").endswith(' AND ("id" >= 3)')


@pytest.mark.parametrize("srs", [None, "EPSG:25830"])
def test_redshift_box_without_srid(scripted, srs):
    """What ST_MakePoint gives: the assumed SRID is the layer's."""
    options = {"srs": srs} if srs else {}
    ds, lyr = open_table(scripted, "points", **options)
    code = lyr.GetSpatialRef().GetAuthorityCode(None)
    assert code == (srs or "EPSG:4326")[5:]
    lyr.SetSpatialFilterRect(2, 2, 5, 5)
    assert [f.GetGeometryRef().ExportToWkt() for f in lyr] == ["POINT (3 4)"]
    assert "NOT IN (0, %s)" % code in lyr.GetMetadataItem("SQL")


def test_redshift_geography_is_not_pushed(scripted):
    ds, lyr = open_table(scripted, "places", geom_possible_names="area")
    lyr.SetSpatialFilterRect(4, 45, 5, 46)
    assert [f["id"] for f in lyr] == [1]
    assert " WHERE " not in lyr.GetMetadataItem("SQL")


def test_redshift_extent(scripted, statements):
    ds, lyr = open_table(scripted, "points")
    assert lyr.GetExtent() == (1, 3, 2, 4)
    assert [s for s in statements() if "min(ST_XMin" in s]
    assert not [s for s in statements() if s.startswith('SELECT "geom" FROM')]
    # Several SRIDs: only a read can tell.
    ds, lyr = open_table(scripted, "places")
    assert lyr.GetExtent() == pytest.approx((0, 7, 0, 45.7))
    assert [s for s in statements() if s.startswith('SELECT "id", "name", "geom"')]


###############################################################################
# Filters


@pytest.mark.parametrize(
    "condition,expected",
    [
        # Blanks at the end count, the case of ASCII letters does not.
        ("name = 'LYON'", [1]),
        ("name = 'back\\slash'", [4]),
        ("name < 'm'", [1, 2, 4]),
        ("name LIKE 'L%'", [1]),
        ("name ILIKE 'L%'", [1, 2]),
        ("id >= 3", [3, 4]),
    ],
)
def test_redshift_filter(scripted, condition, expected):
    """The script knows these conditions by their very text."""
    ds, lyr = open_table(scripted, "places")
    with messages() as said:
        lyr.SetAttributeFilter(condition)
        assert [f["id"] for f in lyr] == expected
        assert lyr.GetFeatureCount() == len(expected)
        assert lyr.TestCapability(ogr.OLCFastFeatureCount)
    said.assert_quiet()


@pytest.mark.parametrize("condition", ["s = '{}'", "iy > '1 year'", "tz = '12'"])
def test_redshift_filter_on_other_types(scripted, condition):
    """Their text is made here: it is compared here."""
    ds, lyr = open_table(scripted, "types")
    lyr.SetAttributeFilter(condition)
    with messages() as said:
        fids(lyr)
    assert not said.failures
    assert " WHERE " not in lyr.GetMetadataItem("SQL")


def test_redshift_duplicate_names(scripted):
    sql = "SELECT 1 AS a, 2 AS a, 'x' AS \"A b\""
    ds, lyr = open_query(scripted, sql)
    assert [values(f) for f in lyr] == [[1, 2, "x"]]
    assert lyr.GetFeatureCount() == 1


def test_redshift_backslash_escapes(scripted):
    """In every string, also of a query that is counted."""
    ds, lyr = open_query(scripted, r"SELECT 'l\'auto; -- ' AS v")
    assert [values(f) for f in lyr] == [["l'auto; -- "]]
    assert lyr.GetFeatureCount() == 1


def test_redshift_forgotten_statement(scripted, statements):
    """Columns without a prepared statement."""
    ds, lyr = open_query(scripted, "SELECT 1 AS forgotten")
    assert [values(f) for f in lyr] == [[1]]
    assert [s for s in statements() if s.endswith("\n) AS cc LIMIT 0")]


@pytest.mark.parametrize("word", ["DROP TABLE places", "COPY places FROM 's3://x'"])
def test_redshift_only_reads(scripted, statements, word):
    failure = refuse(variant(scripted, sql_query=word, import_as="q"))
    assert word.split()[0] in failure
    assert word not in statements()


###############################################################################
# Failures and cancellation


def test_redshift_error_in_mid_read(scripted):
    with messages() as said:
        ds, lyr = open_table(scripted, "fails")
        assert len([f for f in lyr]) <= 5000
    assert said.failure.startswith("Redshift, fetch failed (XX000): Disk Full")


def test_redshift_server_dies_in_mid_read(scripted):
    with messages() as said:
        ds, lyr = open_table(scripted, "dies")
        assert len([f for f in lyr]) <= 5000
    assert said.failure.startswith("Redshift, fetch failed")


@pytest.mark.parametrize("table", ["fails", "dies"])
def test_redshift_ogr2ogr_fails(scripted, table, tmp_path):
    connector = tmp_path / "connector.json"
    connector.write_text(json.dumps(variant(scripted, table=table)))
    target = str(tmp_path / "out.csv")
    done = run_program("ogr2ogr", "-f", "CSV", target, "CARTOCONN:" + str(connector))
    assert done.returncode != 0
    assert "fetch failed" in done.stdout


def test_redshift_query_timeout(scripted):
    begin = time.monotonic()
    with messages() as said:
        ds, lyr = open_table(scripted, "slow", query_timeout="1")
        assert lyr.GetNextFeature() is None
    assert time.monotonic() - begin < 5
    assert "query_timeout" in said.failure


def test_redshift_rewind_cancels(scripted):
    """An endless read ends at once, and again for a limit."""
    begin = time.monotonic()
    with messages() as said:
        ds, lyr = open_table(scripted, "endless")
        for _ in range(3):
            lyr.ResetReading()
            assert lyr.GetNextFeature()["n"] == 0
        del lyr, ds
    said.assert_quiet()
    with messages() as said:
        ds, lyr = open_table(scripted, "endless", max_rows="1000")
        assert len([f for f in lyr]) == 1000
    assert "truncated at 1000 rows" in said.warning
    assert lyr.GetMetadataItem("TRUNCATED") == "YES"
    assert time.monotonic() - begin < 10


###############################################################################
# PostgreSQL in its place: text must read as binary does

EXPRESSIONS = [
    "true",
    "B'1'::bit(1)",
    "B'10110'::varbit",
    "(-32768)::int2",
    "(-2147483648)::int4",
    "9223372036854775807::int8",
    "4294967295::oid",
    "1.1::float4",
    "3.4028235e38::float4",
    "0.1::float8",
    "1e-320::float8",
    "'NaN'::float8",
    "'-Infinity'::float8",
    "-0.5::numeric(2,1)",
    "12345.678901234::numeric",
    "1e100::numeric",
    "999999999::numeric(9)",
    "123456789012345678::numeric(18)",
    "'é日\U0001f600'::text",
    "'ab'::char(5)",
    "'x'::\"char\"",
    "decode('00ff5c27', 'hex')",
    "''::bytea",
    "'2024-02-29'::date",
    "'0001-01-01'::date",
    "'23:59:59.999999'::time",
    "'12:00:00+02'::timetz",
    "'2024-02-29 12:00:00.123'::timestamp",
    "'0001-01-01 00:00:00'::timestamp",
    "'2024-07-01 12:00:00.5+05:30'::timestamptz",
    "'1 year 2 mons 3 days 04:05:06.5'::interval",
    "'00112233-4455-6677-8899-aabbccddeeff'::uuid",
    "'{\"a\": 1}'::json",
    "'{\"a\": 1}'::jsonb",
    "'192.168.0.1'::inet",
    "'<a/>'::xml",
    "ARRAY[1, NULL, 3]",
    "ROW(1, 'x')",
    "12.34::money",
    "'SRID=3857;POINT ZM (1 2 3 4)'::geometry",
    "'CIRCULARSTRING (0 0,1 1,2 0)'::geometry",
    "'POINT (1 2)'::geography",
    "NULL::int4",
    "NULL::geometry",
]


@pytest.fixture(scope="module")
def pair():
    """PostgreSQL through both providers."""
    return connector_of("redshift"), connector_of("postgres")


@pytest.mark.parametrize("sql", EXPRESSIONS, ids=ascii)
@pytest.mark.parametrize("lossless", ["NO", "YES"])
def test_redshift_text_reads_as_binary(pair, sql, lossless):
    query = "SELECT %s AS v" % sql
    results = []
    for connector in pair:
        with messages() as said:
            ds, lyr = open_query(connector, query, lossless=lossless)
            defn = lyr.GetLayerDefn()
            fields = [
                (f.GetName(), f.GetType(), f.GetSubType(), f.GetWidth())
                for f in (defn.GetFieldDefn(i) for i in range(defn.GetFieldCount()))
            ]
            rows = [repr(record(f)) for f in lyr]
        assert not said.failures
        results.append((fields, rows, said.warnings))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "setting",
    ["bytea_output = escape", "datestyle = 'German'", "timezone = 'Asia/Kolkata'"]
    + ["extra_float_digits = -5", "intervalstyle = iso_8601"],
)
def test_redshift_session_settings_do_not_matter(pair, setting):
    """Of the account: the forms that are read are the same."""
    redshift, postgres = pair
    connection = postgres["connection"]
    user = '"%s"' % connection["username"]
    query = (
        "SELECT '\\x005c27ff61'::bytea AS a, '2024-02-29'::date AS b, "
        "'2024-07-01 12:00+00'::timestamptz AS c, 0.1::float8 AS d"
    )
    before = [values(f) for f in read_query(postgres, query)]
    run_psql(connection, "ALTER ROLE %s SET %s" % (user, setting))
    try:
        ds, lyr = open_query(redshift, query)
        assert [values(f) for f in lyr] == before
    finally:
        run_psql(connection, "ALTER ROLE %s RESET ALL" % user)


def test_redshift_binary_column_of_geometries(pair):
    """WKB and text in bytea: the bytes count, not their hexadecimal form."""
    query = (
        "SELECT ST_AsBinary('POINT (1 2)'::geometry) AS geom "
        "UNION ALL SELECT convert_to('POINT (3 4)', 'UTF8')"
    )
    ds, lyr = open_query(pair[0], query)
    assert [f.GetGeometryRef().ExportToWkt() for f in lyr] == [
        "POINT (1 2)",
        "POINT (3 4)",
    ]


def test_redshift_tls(pair):
    """The parameters are those of postgres."""
    folder = os.environ.get("CARTOCONN_TEST_POSTGRES_TLS")
    if not folder:
        pytest.skip("CARTOCONN_TEST_POSTGRES_TLS is not set")
    options = {"sql_query": "SELECT 1 AS a", "import_as": "q"}
    for authority, good in (("ca.crt", True), ("other-ca.crt", False)):
        tls = {"sslmode": "verify-full", "sslrootcert": os.path.join(folder, authority)}
        connector = variant(pair[0], tls, **options)
        if good:
            assert open_connector(connector).GetLayer(0).GetFeatureCount() == 1
        else:
            assert refuse(connector).startswith("Redshift, TLS failed")


def test_redshift_cannot_write(pair):
    query = "WITH x AS (DELETE FROM spatial_ref_sys RETURNING 1) SELECT * FROM x"
    connector = variant(pair[0], sql_query=query, import_as="q")
    with messages() as said:
        ds = open_connector(connector)
        if ds is not None:
            assert ds.GetLayer(0).GetNextFeature() is None
    assert "read-only" in said.failure

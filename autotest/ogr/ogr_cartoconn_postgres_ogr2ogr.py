#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL through GDAL's programs: ogr2ogr into other formats, value by
value, with its selections; ogrinfo."""

import json
import re

import pytest
from cartoconn_servers import postgres, run_psql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    geometry_wkb,
    messages,
    no_exceptions,
    open_connector,
    run_program,
    values,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

ROWS = 500


@pytest.fixture(scope="module")
def source(postgres):
    """A table of all the usual types; NULLs in every seventh row."""
    postgres.run(
        """CREATE TABLE {0} (
            id integer PRIMARY KEY, small smallint, big bigint, flag boolean,
            r double precision, n numeric(10,2), t text, v varchar(40), b bytea,
            d date, ts timestamp, tz timestamptz, u uuid, j jsonb,
            geom geometry(Point,4326));
        INSERT INTO {0} SELECT n,
            CASE WHEN n % 7 > 0 THEN n - 200 END,
            CASE WHEN n % 7 > 0 THEN n * 10000000000::bigint END,
            CASE WHEN n % 7 > 0 THEN n % 2 = 0 END,
            CASE WHEN n % 7 > 0 THEN n / 8.0 END,
            CASE WHEN n % 7 > 0 THEN n / 4.0 END,
            CASE WHEN n % 7 > 0 THEN 'text é ' || n END,
            CASE WHEN n % 7 > 0 THEN repeat('v', n % 40) END,
            CASE WHEN n % 7 > 0 THEN decode(lpad(to_hex(n), 4, '0'), 'hex') END,
            CASE WHEN n % 7 > 0 THEN '2000-01-01'::date + n END,
            CASE WHEN n % 7 > 0 THEN '2000-01-01'::timestamp + n * '1.5 h'::interval END,
            CASE WHEN n % 7 > 0 THEN '2000-01-01'::timestamptz + n * '1 h'::interval END,
            CASE WHEN n % 7 > 0 THEN md5(n::text)::uuid END,
            CASE WHEN n % 7 > 0 THEN jsonb_build_object('n', n) END,
            CASE WHEN n % 7 > 0
                THEN ST_SetSRID(ST_MakePoint(n % 180, n % 90), 4326) END
        FROM generate_series(1, {1}) n""".format(
            postgres.table("source"), ROWS
        )
    )
    return postgres.connector(table="source")


def convert(source, *arguments, **variables):
    return run_program(
        "ogr2ogr", *arguments, CARTOCONN_CONNECTOR=json.dumps(source), **variables
    )


def assert_same_rows(ours, theirs, fields, geometry=True):
    """The fields by name, as values, keyed by id."""
    expected = {f["id"]: f for f in ours}
    count = 0
    for feature in theirs:
        twin = expected[feature["id"]]
        for name in fields:
            assert feature[name] == twin[name], (name, feature["id"])
        if geometry:
            assert geometry_wkb(feature) == geometry_wkb(twin)
        count += 1
    assert count == len(expected)


ALL = "small big flag r n t v d ts u j".split()


@pytest.mark.parametrize(
    "target,file,fields",
    [
        ("GPKG", "out.gpkg", ["small", "big", "flag", "r", "n", "t", "v", "d", "j"]),
        ("GeoJSON", "out.geojson", ["small", "big", "r", "n", "t", "v", "d"]),
        ("FlatGeobuf", "out.fgb", ["small", "big", "flag", "r", "n", "t", "v"]),
        ("SQLite", "out.sqlite", ["small", "big", "r", "n", "t", "v", "d"]),
        ("Memory", None, ALL),
    ],
)
def test_postgres_into(postgres, source, tmp_path, target, file, fields):
    if gdal.GetDriverByName(target) is None:
        pytest.skip("no %s" % target)
    ds = open_connector(source)
    if file is None:
        copied = gdal.VectorTranslate("", ds, format=target)
    else:
        out = str(tmp_path / file)
        arguments = ["-f", target, out, "CARTOCONN:", "-preserve_fid"]
        done = convert(source, *arguments)
        assert done.returncode == 0, done.stdout
        assert "ERROR" not in done.stdout and "CARTOCONN" not in done.stdout
        copied = gdal.OpenEx(out, gdal.OF_VECTOR)
    features = [f for f in ds.GetLayer(0)]
    if target == "FlatGeobuf":
        # It leaves out what has no geometry.
        features = [f for f in features if f.GetGeometryRef() is not None]
    lyr = copied.GetLayer(0)
    names = [f for f in fields if lyr.GetLayerDefn().GetFieldIndex(f) >= 0]
    assert len(names) >= 6
    assert_same_rows(features, lyr, names)


def test_postgres_into_csv(source, tmp_path):
    out = tmp_path / "out.csv"
    done = convert(source, "-f", "CSV", str(out), "CARTOCONN:", "-select", "id,t,big")
    assert done.returncode == 0, done.stdout
    ds = gdal.OpenEx(str(out), gdal.OF_VECTOR)
    rows = {f["id"]: (f["t"], f["big"]) for f in ds.GetLayer(0)}
    assert len(rows) == ROWS
    assert rows["5"] == ("text é 5", "50000000000")
    assert rows["7"] == ("", "")


def test_postgres_into_postgis(postgres, source):
    """Into another table of the same server, compared there."""
    connection = postgres.base["connection"]
    target = "PG:host=%s port=%s dbname=%s user=%s password='%s'" % (
        connection["server"],
        connection.get("port", 5432),
        connection["database"],
        connection["username"],
        connection["password"],
    )
    if gdal.GetDriverByName("PostgreSQL") is None:
        pytest.skip("no PostgreSQL driver")
    done = convert(
        source,
        "-f",
        "PostgreSQL",
        target,
        "CARTOCONN:",
        "-nln",
        "%s.copied" % postgres.schema,
        "-lco",
        "FID=ogc_fid",
        "-lco",
        "GEOMETRY_NAME=geom",
    )
    assert done.returncode == 0, done.stdout
    same = """SELECT count(*) FROM {0} a JOIN {1} b USING (id) WHERE
        (a.small, a.big, a.r, a.n, a.t, a.v, a.b, a.d, a.ts, a.tz, a.u::text)
        IS NOT DISTINCT FROM
        (b.small, b.big, b.r, b.n, b.t, b.v, b.b, b.d, b.ts, b.tz, b.u::text)
        AND a.flag IS NOT DISTINCT FROM b.flag
        AND a.j IS NOT DISTINCT FROM b.j::jsonb
        AND ST_AsEWKT(a.geom) IS NOT DISTINCT FROM ST_AsEWKT(b.geom)""".format(
        postgres.table("source"), postgres.table("copied")
    )
    assert run_psql(connection, same).strip() == str(ROWS)


def count_of(done):
    assert done.returncode == 0, done.stdout
    return len(re.findall('"type": "Feature"', done.stdout))


@pytest.mark.parametrize(
    "arguments,count",
    [
        ([], ROWS),
        (["-where", "id <= 10"], 10),
        (["-where", "t LIKE 'text é 1%' AND flag = 1"], None),
        (["-spat", "10", "10", "20", "20"], None),
        (["-limit", "17"], 17),
        (["-limit", "300"], 300),
        (["-select", "id"], ROWS),
        (["-sql", "SELECT id, t FROM source WHERE id < 6"], 5),
        (["-sql", "SELECT id FROM source WHERE id < 6", "-dialect", "OGRSQL"], 5),
        (["-sql", "SELECT id FROM source WHERE id < 6", "-dialect", "SQLITE"], 5),
        (["-oo", "MAX_ROWS=50"], 50),
        (["source"], ROWS),
        (["-fid", "5"], 1),
    ],
    ids=lambda v: " ".join(v)[:30] if isinstance(v, list) else None,
)
def test_postgres_ogr2ogr_selects(source, arguments, count):
    done = convert(source, "-f", "GeoJSON", "/vsistdout/", "CARTOCONN:", *arguments)
    got = count_of(done)
    if count is None:
        ds = open_connector(source)
        lyr = ds.GetLayer(0)
        if arguments[0] == "-where":
            lyr.SetAttributeFilter(arguments[1])
        else:
            lyr.SetSpatialFilterRect(10, 10, 20, 20)
        count = lyr.GetFeatureCount()
        assert 0 < count < ROWS
    assert got == count


def test_postgres_ogr2ogr_reprojects(source):
    done = convert(
        source, "-f", "CSV", "/vsistdout/", "CARTOCONN:",
        "-t_srs", "EPSG:3857", "-lco", "GEOMETRY=AS_XY", "-where", "id = 5",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "556597.45" in done.stdout


def test_postgres_ogr2ogr_many_layers(postgres, tmp_path):
    """All the tables of a schema at once."""
    with postgres.another_schema("all") as other:
        for i in range(5):
            other.fill("layer_%d" % i, other.series(10 * i, "n AS a"))
        out = str(tmp_path / "all.gpkg")
        done = convert(other.connector(), "-f", "GPKG", out, "CARTOCONN:")
        assert done.returncode == 0, done.stdout
    ds = gdal.OpenEx(out, gdal.OF_VECTOR)
    counts = {
        ds.GetLayer(i).GetName(): ds.GetLayer(i).GetFeatureCount()
        for i in range(ds.GetLayerCount())
    }
    assert counts == {"layer_%d" % i: 10 * i for i in range(5)}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 / (n - 400) AS v FROM generate_series(1, 1000) n",
        "SELECT 1 / (n - 1) AS v FROM generate_series(1, 1000) n",
        # what is asked for the reference system first fails already
        "SELECT 1 / (n - 1) AS v, 'POINT (1 2)' AS the_geom "
        "FROM generate_series(1, 1000) n",
    ],
)
def test_postgres_ogr2ogr_fails(postgres, tmp_path, sql):
    """An error is an exit status, wherever it comes."""
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = convert(connector, "-f", "CSV", str(tmp_path / "out.csv"), "CARTOCONN:")
    assert done.returncode != 0
    assert "division by zero" in done.stdout


def test_postgres_ogr2ogr_fails_after_warnings(postgres, tmp_path):
    """A failure is the last thing that is said."""
    sql = """SELECT 'broken' AS the_geom, '24:00'::time AS t, 1 / (n - 400) AS v
        FROM generate_series(1, 1000) n"""
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = convert(connector, "-f", "CSV", str(tmp_path / "out.csv"), "CARTOCONN:")
    assert done.returncode != 0
    assert done.stdout.index("Warning") < done.stdout.index("division by zero")


def test_postgres_ogr2ogr_warnings_are_no_failure(postgres, tmp_path):
    sql = "SELECT 'broken' AS the_geom, '24:00'::time AS t"
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = convert(connector, "-f", "CSV", str(tmp_path / "out.csv"), "CARTOCONN:")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Warning") == 2


def test_postgres_ogrinfo(source):
    done = run_program(
        "ogrinfo", "-ro", "-so", "CARTOCONN:", "source",
        CARTOCONN_CONNECTOR=json.dumps(source),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    for line in (
        "Geometry: Point",
        "Feature Count: %d" % ROWS,
        "Geometry Column = the_geom",
        "small: Integer(Int16) (0.0)",
        "big: Integer64 (0.0)",
        "flag: Integer(Boolean) (0.0)",
        "n: Real (10.2)",
        "v: String (40.0)",
        "u: String(UUID) (0.0)",
        "j: String(JSON) (0.0)",
        "tz: DateTime (0.0)",
        'ID["EPSG",4326]',
    ):
        assert line in done.stdout, done.stdout


def test_postgres_ogrinfo_lists(postgres):
    with postgres.another_schema("info") as other:
        other.create("one", [("a", "integer")])
        other.create("two", [("geom", "geometry(Point,4326)")])
        done = run_program(
            "ogrinfo", "-ro", "CARTOCONN:",
            CARTOCONN_CONNECTOR=json.dumps(other.connector()),
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1: one (None)" in done.stdout
    assert "2: two (Point)" in done.stdout


def test_postgres_vrt(source, tmp_path):
    """Named in a VRT file, as with any other driver."""
    with messages() as said:
        text = """<OGRVRTDataSource><OGRVRTLayer name="v">
            <SrcDataSource>CARTOCONN:%s</SrcDataSource>
            <SrcLayer>source</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"""
        path = tmp_path / "connector.json"
        path.write_text(json.dumps(source))
        ds = ogr.Open(text % path)
        assert ds.GetLayer(0).GetFeatureCount() == ROWS
        assert values(ds.GetLayer(0).GetNextFeature())[0] == 1
    said.assert_quiet()

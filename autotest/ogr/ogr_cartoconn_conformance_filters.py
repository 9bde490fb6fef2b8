#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: filters select what OGR's own evaluation
selects of a copy of the layer in memory, wherever they are evaluated."""

import math

import pytest
from cartoconn_servers import Expression, server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
    open_query,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

TEXTS = [
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "AB",
    "a b",
    "it's",
    "100%",
    "1000",
    "100",
    "a_b",
    "axb",
    "é",
    "É",
    "eé",
    "ß",
    "日本",
    "\U0001F600",
    "",
    " lead",
    "trail ",
    "trail",
    "back\\slash",
    'double"quote',
    "per%cent",
    "line\nbreak",
    "[a]",
    "[b",
    "-5",
    "10",
    "9",
    "null",
    None,
    "z",
    "Z",
    "~",
    "_",
]

COLUMNS = [
    ("id", "integer"),
    ("i", "integer"),
    ("big", "bigint"),
    ("d", "double"),
    ("f", "real"),
    ("n", "decimal(12,3)"),
    ("flag", "boolean"),
    ("s", "text"),
    ("vc", "varchar(20)"),
    ("dt", "date"),
    ("tm", "time"),
    ("ts", "timestamp"),
    ("tz", "timestamptz"),
]


def ids(lyr):
    """What tells the features apart, also where there is no key to be the FID."""
    lyr.ResetReading()
    return [feature["id"] for feature in lyr]


def row(server, k, text):
    """Every seventh row has NULLs."""
    null = k % 7 == 3
    day = "20%02d-%02d-%02d" % (k % 30, k % 12 + 1, k % 28 + 1)
    clock = "%02d:%02d:%02d" % (k % 24, k * 7 % 60, k * 11 % 60)
    zoned = server.timestamp_with_zone("%s %s.250" % (day, clock), "+02:00")
    return [
        k,
        None if null else k - 10,
        None if null else (k - 10) * 10**15,
        None if null else (k - 10) / 4.0,
        None if null else k / 2.0,
        None if null else Expression("%d.%03d" % (k, k * 37 % 1000)),
        None if null else k % 2 == 0,
        text,
        text,
        None if null else day,
        None if null else clock,
        None if null else "%s %s.500" % (day, clock),
        None if null else Expression(zoned),
    ]


@pytest.fixture(scope="module")
def table(server):
    columns = [c for c in COLUMNS if server.types.get(c[1])]
    keep = [i for i, c in enumerate(COLUMNS) if server.types.get(c[1])]
    rows = [[row(server, k, text)[i] for i in keep] for k, text in enumerate(TEXTS, 1)]
    server.create("filtered", columns, rows, key="id")
    ds = open_connector(server.connector(table="filtered"))
    twin = memory_copy(ds.GetLayer(0))
    yield ds.GetLayer(0), twin.GetLayer(0)
    ds = twin = None


def expected_ids(lyr, twin, condition, nullable):
    """Of the twin. Before 3.10, OGR's NOT of a comparison with NULL is true.
    Servers and later versions say NULL, so that a negation that is pushed
    does not select rows where one of its columns is NULL."""
    pushed = lyr.TestCapability(ogr.OLCFastFeatureCount)
    if nullable and pushed and int(gdal.VersionInfo()) < 3100000:
        condition = " AND ".join(
            ["(%s)" % condition] + ["%s IS NOT NULL" % column for column in nullable]
        )
    assert twin.SetAttributeFilter(condition) == ogr.OGRERR_NONE
    return ids(twin)


def assert_same(lyr, twin, condition, nullable=()):
    """The same features and counts, and nothing said but what OGR says."""
    with messages() as said:
        assert lyr.SetAttributeFilter(condition) == ogr.OGRERR_NONE
        got = ids(lyr)
        count = lyr.GetFeatureCount()
    with messages() as twin_said:
        expected = expected_ids(lyr, twin, condition, nullable)
    if not twin_said:
        said.assert_quiet()
    assert sorted(got) == sorted(expected), condition
    assert count == len(got), condition
    return got


COMPARED = {
    "i": ["0", "5", "-3", "3.0", "3.5", "'7'", "9999999999", "-10"],
    "big": ["0", "5000000000000000", "-3000000000000000", "1e16", "1.5"],
    "d": ["0", "0.25", "-1.75", "1", "1e300"],
    "f": ["1.5", "2", "0.1"],
    "n": ["4.148", "10.370", "7", "4.1480001"],
    "s": ["'a'", "'A'", "'é'", "'É'", "'日本'", "''", "'it''s'", "'trail'", "'m'"],
    "vc": ["'trail '", "'a_b'", "'100%'", "'back\\slash'", "'\U0001F600'", "'9'"],
    "dt": ["'2004/05/05'", "'2004-05-05'", "'2010/11/11'"],
    "tm": ["'05:35:55'", "'12:00:00'"],
    "ts": ["'2004/05/05 04:28:44.5'", "'2004-05-05 04:28:44.500'", "'2010/01/01'"],
    "tz": ["'2004/05/05 02:28:44.25+00'", "'2010/01/01 00:00:00+00'"],
}


@pytest.mark.parametrize("operator", ["=", "<>", "<", "<=", ">", ">="])
@pytest.mark.parametrize("column", sorted(COMPARED))
def test_conformance_filter_comparison(table, column, operator):
    lyr, twin = table
    if lyr.GetLayerDefn().GetFieldIndex(column) < 0:
        pytest.skip("the server has no such type")
    for value in COMPARED[column]:
        if operator == "<>" and column in ("dt", "tm", "ts", "tz"):
            # OGR before 3.7 compares the spellings.
            equal = len(assert_same(lyr, twin, "%s = %s" % (column, value)))
            some = len(assert_same(lyr, twin, "%s IS NOT NULL" % column))
            lyr.SetAttributeFilter("%s <> %s" % (column, value))
            assert lyr.GetFeatureCount() == some - equal
            continue
        assert_same(lyr, twin, "%s %s %s" % (column, operator, value))
        condition = "NOT (%s %s %s)" % (column, operator, value)
        assert_same(lyr, twin, condition, [column])


CONDITIONS = [
    "i IS NULL",
    "i IS NOT NULL",
    "NOT (i IS NULL)",
    "s IS NULL",
    "s = ''",
    "i IN (1, 2, 3)",
    "NOT (i IN (1, 2, 3))",
    "i NOT IN (1, 2)",
    "s IN ('a', 'É', 'nothing')",
    "s NOT IN ('a')",
    "d IN (0.25, 1)",
    "i BETWEEN -2 AND 3",
    "NOT (i BETWEEN -2 AND 3)",
    "i BETWEEN 3 AND -2",
    "s BETWEEN 'a' AND 'b'",
    "dt BETWEEN '2003/01/01' AND '2006/01/01'",
    "flag = 1",
    "flag = 0",
    "flag <> 1",
    "flag IS NULL",
    "NOT (flag = 1)",
    "s LIKE 'a%'",
    "s LIKE 'A%'",
    "s ILIKE 'A%'",
    "s NOT LIKE 'a%'",
    "s LIKE '%b'",
    "s LIKE 'a_b'",
    "s LIKE ''",
    "s LIKE '%'",
    "s LIKE '100%'",
    "s LIKE '100\\%'",
    "s LIKE '100x%' ESCAPE 'x'",
    "s LIKE '100%%' ESCAPE '%'",
    "s LIKE 'axxb' ESCAPE 'x'",
    "s LIKE 'ax_b' ESCAPE 'x'",
    "s LIKE 'back\\slash'",
    "s LIKE '%é%'",
    "s ILIKE '%É%'",
    "s ILIKE 'ß'",
    "s LIKE '[a]'",
    "s LIKE '[ab]%'",
    "s LIKE '%''%'",
    "s LIKE '%\"%'",
    "s LIKE '%\n%'",
    "s LIKE '%slash'",
    "vc LIKE 'trail_'",
    "vc LIKE 'trail'",
    "i = 1 OR i = 2 AND s = 'b'",
    "(i = 1 OR i = 2) AND s = 'b'",
    "NOT (i = 1 OR s LIKE 'a%')",
    "NOT (i = 1 AND s LIKE 'a%')",
    "NOT (i > 0) OR d < 0",
    "NOT NOT (i > 0)",
    "i = 1 AND s IS NULL",
    "i > d",
    "i = big",
    "d < f",
    "s = vc",
    "s <> vc",
    "i + 1 = 3",
    "i * 2 > d + 1",
    "i % 2 = 0",
    "i / 2 = 2",
    "SUBSTR(s, 1, 1) = 'a'",
    "CONCAT(s, 'x') = 'ax'",
    "CAST(i AS character(10)) = '5'",
    "CAST(s AS integer) = 100",
    "i = 5 OR CAST(i AS character(10)) = '6'",
    "i > 5 AND CAST(i AS character(10)) <> '7'",
    "NOT (i > 5 AND CAST(i AS character(10)) <> '7')",
    "FID = 5",
    "FID > 30",
    "FID IN (1, 2, 99)",
    "FID BETWEEN 3 AND 5 OR s = 'z'",
    "1 = 1",
    "1 = 0",
    "i = i",
    "NULL IS NULL",
    "5 < i",
    "'a' = s",
    '"i" = 5',
    "I = 5",
    "s = '\"'",
    "s = 'a''; DROP TABLE filtered; --'",
    "s = 'a\\'' ",
    "ts >= '2004/05/05' AND ts < '2004/05/06'",
    "ts = '2004/05/05 04:28:44.5+00'",
    "tz > '2005/06/06'",
    "OGR_GEOMETRY IS NULL",
    "OGR_STYLE IS NULL",
]


# The columns of negations that are pushed, see sql_like.
NEGATED = {
    "NOT (i IN (1, 2, 3))": ["i"],
    "i NOT IN (1, 2)": ["i"],
    "s NOT IN ('a')": ["s"],
    "NOT (i BETWEEN -2 AND 3)": ["i"],
    "NOT (flag = 1)": ["flag"],
    "s NOT LIKE 'a%'": ["s"],
    "NOT (i = 1 OR s LIKE 'a%')": ["i", "s"],
    "NOT (i > 0) OR d < 0": ["i"],
}


# Patterns in which a character is taken for itself.
ESCAPED = [
    "s LIKE '100x%' ESCAPE 'x'",
    "s LIKE 'ax_b' ESCAPE 'x'",
    "s LIKE 'back\\slash'",
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=ascii)
def test_conformance_filter(server, table, condition):
    lyr, twin = table
    if condition in ESCAPED and not server.like_escapes:
        pytest.skip("the server's LIKE has no escape character")
    with messages():
        if twin.SetAttributeFilter(condition) != ogr.OGRERR_NONE:
            pytest.skip("this GDAL has no such filter")
    assert_same(lyr, twin, condition, NEGATED.get(condition, ()))


@pytest.mark.parametrize(
    "pattern,matches",
    [
        ("_", lambda text: len(text) == 1),
        ("__", lambda text: len(text) == 2),
        ("日_", lambda text: text == "日本"),
        ("_本", lambda text: text == "日本"),
        ("%_é", lambda text: text == "eé"),
    ],
    ids=ascii,
)
def test_conformance_filter_like_counts_characters(table, pattern, matches):
    """OGR itself counts bytes before 3.7."""
    lyr, _ = table
    lyr.SetAttributeFilter("s LIKE '%s'" % pattern)
    if not lyr.TestCapability(ogr.OLCFastFeatureCount):
        pytest.skip("evaluated by OGR")
    got = {f["s"] for f in lyr}
    assert got == {text for text in TEXTS if text is not None and matches(text)}


def test_conformance_filter_each_text(table):
    """Every text finds itself, whatever is in it."""
    lyr, twin = table
    for text in TEXTS:
        if text is not None:
            literal = "'%s'" % text.replace("'", "''")
            assert assert_same(lyr, twin, "s = " + literal)
            assert assert_same(lyr, twin, "vc IN (%s)" % literal)


def test_conformance_filter_thousand_ors(table):
    lyr, twin = table
    condition = " OR ".join("i = %d" % k for k in range(0, 2000, 2))
    assert len(assert_same(lyr, twin, condition)) > 5
    condition = "i IN (%s)" % ", ".join(str(k) for k in range(1000))
    assert len(assert_same(lyr, twin, condition)) > 10


def test_conformance_filter_deep(table):
    lyr, twin = table
    condition = "NOT (" * 20 + "i = 5" + ")" * 20
    assert_same(lyr, twin, condition)


def test_conformance_filter_is_pushed(table):
    """What the server can say exactly is not evaluated here."""
    lyr, _ = table
    lyr.SetAttributeFilter("i = 5 AND vc = 'x'")
    assert lyr.GetNextFeature() is None
    assert " WHERE " in lyr.GetMetadataItem("SQL").upper()
    assert lyr.TestCapability(ogr.OLCFastFeatureCount)
    # A superset is fetched where one part cannot be sent.
    lyr.SetAttributeFilter("i = 5 AND CAST(i AS character(10)) = '5'")
    assert len(ids(lyr)) == 1
    assert " WHERE " in lyr.GetMetadataItem("SQL").upper()
    assert not lyr.TestCapability(ogr.OLCFastFeatureCount)


@pytest.mark.parametrize(
    "condition", ["i =", "nothing = 5", "i = 5 AND", "(((", "i $ 3"]
)
def test_conformance_filter_mistake(table, condition):
    lyr, twin = table
    with messages() as said:
        assert lyr.SetAttributeFilter(condition) != ogr.OGRERR_NONE
    assert said.failures
    assert_same(lyr, twin, "i = 5")
    assert_same(lyr, twin, None)


def test_conformance_filter_changed_in_mid_stream(table):
    lyr, twin = table
    assert_same(lyr, twin, None)
    lyr.ResetReading()
    assert lyr.GetNextFeature() is not None
    assert_same(lyr, twin, "i > 5")
    assert lyr.SetAttributeFilter("") == ogr.OGRERR_NONE
    assert lyr.GetFeatureCount() == len(TEXTS)


def test_conformance_filter_of_query(server, table):
    """Columns of a query, renamed and computed."""
    sql = "SELECT id AS k, i * 2 AS i2, s AS %s FROM %s" % (
        server.quote("the text"),
        server.table("filtered"),
    )
    ds, lyr = open_query(server.connector(), sql)
    twin_ds = memory_copy(lyr)
    twin = twin_ds.GetLayer(0)
    for condition in ("i2 = 4", "\"the text\" LIKE 'a%'", "k > 3 AND i2 IS NULL"):
        lyr.SetAttributeFilter(condition)
        twin.SetAttributeFilter(condition)
        keys = [f["k"] for f in lyr]
        assert keys and sorted(keys) == sorted(f["k"] for f in twin)
        assert lyr.GetFeatureCount() == len(keys)


###############################################################################
# Spatial filters

PACMAN = "POLYGON ((0 0,10 0,10 10,0 10,0 9,9 5,0 1,0 0))"


@pytest.fixture(scope="module")
def spatial(server):
    """A grid of points, lines, areas, EMPTY and NULL."""
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    rows = []
    for x in range(11):
        for y in range(11):
            rows.append("POINT (%d %d)" % (x, y))
    for x in range(10):
        rows.append("LINESTRING (%d 20,%d 30)" % (x, x + 10))
        rows.append("POLYGON ((%d 40,%d 40,%d 50,%d 40))" % (x, x + 2, x, x))
    rows += ["POINT (-170 -80)", "POINT (179 89)", None]
    rows += ["POINT EMPTY", "POLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY"]
    rows = [wkt for wkt in rows if wkt is None or server.stores(wkt)]
    columns = [("id", "integer"), ("n", "integer"), ("geom", server.geometry_type())]
    data = [
        (k, k % 5, Expression(server.geometry(wkt)) if wkt else None)
        for k, wkt in enumerate(rows, 1)
    ]
    server.create("spatial", columns, data, key="id")
    ds = open_connector(server.connector(table="spatial"))
    twin = memory_copy(ds.GetLayer(0))
    yield ds.GetLayer(0), twin.GetLayer(0)
    ds = twin = None


def assert_same_space(lyr, twin, geometry, condition=None):
    with messages() as said:
        for layer in (lyr, twin):
            assert layer.SetAttributeFilter(condition) == ogr.OGRERR_NONE
            layer.SetSpatialFilter(geometry)
        got = ids(lyr)
        count = lyr.GetFeatureCount()
        lyr.SetSpatialFilter(None)
    said.assert_quiet()
    expected = ids(twin)
    twin.SetSpatialFilter(None)
    assert sorted(got) == sorted(expected)
    assert count == len(got)
    return got


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((2 2,5 2,5 5,2 5,2 2))",
        "POLYGON ((2.5 2.5,2.6 2.5,2.6 2.6,2.5 2.6,2.5 2.5))",
        PACMAN,
        "POINT (3 3)",
        "POINT (3.5 3.5)",
        "LINESTRING (0 5,10 5)",
        "LINESTRING (5 0,5 10)",
        "LINESTRING (0 0,10 10)",
        "POLYGON ((2 20,4 20,4 30,2 30,2 20))",
        "POLYGON ((1.9 41,2 41,2 49,1.9 49,1.9 41))",
        "POLYGON ((-180 -90,180 -90,180 90,-180 90,-180 -90))",
        "POLYGON ((1000 1000,1001 1000,1001 1001,1000 1001,1000 1000))",
        "POLYGON ((170 80,190 80,190 100,170 100,170 80))",
        "MULTIPOLYGON (((0 0,1 0,1 1,0 1,0 0)),((9 9,10 9,10 10,9 10,9 9)))",
        "POLYGON EMPTY",
    ],
)
def test_conformance_spatial_filter(spatial, wkt):
    lyr, twin = spatial
    geometry = ogr.CreateGeometryFromWkt(wkt)
    assert_same_space(lyr, twin, geometry)
    assert_same_space(lyr, twin, geometry, "n = 1 OR n = 2")
    assert_same_space(lyr, twin, geometry, "CAST(n AS character(3)) = '1'")


@pytest.mark.parametrize(
    "box",
    [
        (2, 2, 5, 5),
        (5, 5, 5, 5),
        (0, 5, 10, 5),
        (5, 0, 5, 10),
        (-1e300, -1e300, 1e300, 1e300),
        (-math.inf, -math.inf, math.inf, math.inf),
        (-math.inf, 3, math.inf, 4),
        (3, -math.inf, 4, math.inf),
        (1e300, 1e300, 1.1e300, 1.1e300),
        (-200, -100, -190, -95),
        (1.0000000001, 1.0000000001, 1.9999999999, 1.9999999999),
    ],
)
def test_conformance_spatial_filter_rect(spatial, box):
    lyr, twin = spatial
    with messages() as said:
        lyr.SetAttributeFilter(None)
        twin.SetAttributeFilter(None)
        lyr.SetSpatialFilterRect(*box)
        twin.SetSpatialFilterRect(*box)
        got, expected = ids(lyr), ids(twin)
        count = lyr.GetFeatureCount()
        lyr.SetSpatialFilter(None)
        twin.SetSpatialFilter(None)
    said.assert_quiet()
    assert sorted(got) == sorted(expected)
    assert count == len(got)


def test_conformance_spatial_filter_excludes_by_geometry(spatial):
    """The mouth of the pacman is within his box only."""
    lyr, twin = spatial
    inside = assert_same_space(lyr, twin, ogr.CreateGeometryFromWkt(PACMAN))
    lyr.SetAttributeFilter(None)
    lyr.SetSpatialFilter(None)
    mouth = [f.GetFID() for f in lyr if wkt_of(f) == "POINT (2 5)"]
    throat = [f.GetFID() for f in lyr if wkt_of(f) == "POINT (5 1)"]
    assert mouth[0] not in inside
    assert throat[0] in inside


def wkt_of(feature):
    geometry = feature.GetGeometryRef()
    return geometry.ExportToWkt() if geometry else None


def test_conformance_spatial_filter_survives_get_feature(spatial):
    lyr, _ = spatial
    lyr.SetAttributeFilter(None)
    lyr.SetSpatialFilterRect(2, 2, 3, 3)
    expected = ids(lyr)
    assert len(expected) == 4
    lyr.ResetReading()
    assert lyr.GetNextFeature() is not None
    assert lyr.GetFeature(1).GetFID() == 1
    assert ids(lyr) == expected
    lyr.SetSpatialFilter(None)
    assert len(ids(lyr)) > 100


def test_conformance_spatial_filter_of_ignored_geometry(spatial):
    lyr, _ = spatial
    lyr.SetAttributeFilter(None)
    lyr.SetIgnoredFields(["OGR_GEOMETRY"])
    lyr.SetSpatialFilterRect(2, 2, 3, 3)
    features = [f for f in lyr]
    lyr.SetSpatialFilter(None)
    lyr.SetIgnoredFields([])
    assert len(features) == 4
    assert all(f.GetGeometryRef() is None for f in features)


def test_conformance_spatial_filter_on_missing_field(spatial):
    lyr, _ = spatial
    with messages() as said:
        lyr.SetSpatialFilterRect(1, 0, 0, 1, 1)
        lyr.SetSpatialFilterRect(-1, 0, 0, 1, 1)
    assert len(said.failures) == 2
    assert "geometry field" in said.failures[0]
    lyr.SetSpatialFilter(None)
    assert lyr.GetNextFeature() is not None


def test_conformance_spatial_filter_of_sql(server, spatial):
    if not server.describes_with:
        pytest.skip("the server does not describe what names a layer")
    ds = open_connector(server.connector(table="spatial"))
    box = ogr.CreateGeometryFromWkt("POLYGON ((2 2,3 2,3 3,2 3,2 2))")
    sql = "SELECT * FROM " + server.quote("spatial")
    lyr = ds.ExecuteSQL(sql, spatialFilter=box)
    assert lyr.GetFeatureCount() == 4
    assert len(ids(lyr)) == 4
    ds.ReleaseResultSet(lyr)


###############################################################################
# Extent and count


def test_conformance_extent(spatial):
    lyr, twin = spatial
    for condition in (None, "n = 1", "id < 122", "CAST(n AS character(3)) = '1'"):
        lyr.SetAttributeFilter(condition)
        twin.SetAttributeFilter(condition)
        assert lyr.GetExtent() == pytest.approx(twin.GetExtent(), abs=1e-10)
    lyr.SetAttributeFilter("id = 1 AND id = 2")
    with messages():
        assert lyr.GetExtent(can_return_null=True) is None
    lyr.SetAttributeFilter(None)
    with messages() as said:
        assert lyr.GetExtent(geom_field=1, can_return_null=True) is None
    assert said.failures


@pytest.mark.parametrize("rows", [[], [None, None]], ids=["empty", "null"])
def test_conformance_extent_of_nothing(server, spatial, rows):
    columns = [("id", "integer"), ("geom", server.geometry_type())]
    name = "nowhere_%d" % len(rows)
    data = [(k, None) for k, _ in enumerate(rows)]
    server.create(name, columns, data)
    with messages() as said:
        ds = open_connector(server.connector(table=name))
        lyr = ds.GetLayer(0)
        assert lyr.GetExtent(can_return_null=True) is None
        assert lyr.GetFeatureCount() == len(rows)
        assert [f.GetGeometryRef() for f in lyr] == rows
    said.assert_quiet()


def test_conformance_extent_within_the_row_limit(server, spatial):
    """The extent is that of the rows that are delivered."""
    with messages():
        ds = open_connector(server.connector(table="spatial"), max_rows=12)
        lyr = ds.GetLayer(0)
        extent = lyr.GetExtent()
        lyr.ResetReading()
        envelope = [f.GetGeometryRef().GetEnvelope() for f in lyr]
    assert extent == (
        min(e[0] for e in envelope),
        max(e[1] for e in envelope),
        min(e[2] for e in envelope),
        max(e[3] for e in envelope),
    )

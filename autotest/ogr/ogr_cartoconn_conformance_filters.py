#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: attribute filters select what OGR's own
evaluation selects of a copy of the layer in memory, wherever they are evaluated."""

import pytest
from cartoconn_filters import COLUMNS, TEXTS, ids, row
from cartoconn_servers import server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
    open_query,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")


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
def test_conformance_filter_comparison(server, table, column, operator):
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
        if server.quick_statements or value == COMPARED[column][0]:
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

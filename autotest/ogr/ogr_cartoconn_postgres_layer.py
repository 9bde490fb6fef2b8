#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL: what a layer keeps from one call to the next. Failures that came
before the read, reference systems that only a row can tell, row numbers."""

import json

import pytest
from cartoconn_servers import postgres  # noqa: F401
from cartoconn_util import (  # noqa: F401
    fids,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    run_program,
    values,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

# The first value fails; the geometry's reference system takes a row to know.
FAILING = """SELECT 1 / (n - 1) AS v, n, 'POINT (1 2)' AS the_geom
    FROM generate_series(1, 5) n"""


###############################################################################
# Failures before the read


def test_postgres_layer_failure_before_the_read(postgres):
    """Who forgets the failure that GetSpatialRef met is told again."""
    ds, lyr = open_query(postgres.connector(), FAILING)
    with messages() as said:
        assert lyr.GetSpatialRef() is None
        assert lyr.GetSpatialRef() is None
    assert "division by zero" in said.failure
    lyr.ResetReading()
    with messages() as said:
        assert lyr.GetNextFeature() is None
        assert lyr.GetNextFeature() is None
    assert "division by zero" in said.failure


def test_postgres_layer_failure_of_another_selection(postgres):
    """It is not the failure of a read of other rows."""
    ds, lyr = open_query(postgres.connector(), FAILING)
    with messages() as said:
        assert lyr.GetSpatialRef() is None
    assert "division by zero" in said.failure
    with messages() as said:
        lyr.SetAttributeFilter("n > 1")
        assert [values(f) for f in lyr] == [[1, 2], [0, 3], [0, 4], [0, 5]]
        assert lyr.GetSpatialRef().GetAuthorityCode(None) == "4326"
    said.assert_quiet()


@pytest.fixture(scope="module")
def listing(postgres):
    """A schema whose only table is wider than a layer may be."""
    with postgres.another_schema("wide") as other:
        other.create("wide", [("c%d" % i, "integer") for i in range(257)])
        yield other.connector()


@pytest.mark.parametrize(
    "read",
    [
        lambda lyr: lyr.GetNextFeature(),
        lambda lyr: lyr.GetArrowStream(),
        lambda lyr: [f for f in lyr][:1] or None,
    ],
    ids=["feature", "arrow", "iteration"],
)
def test_postgres_layer_not_described(listing, read):
    """A listed table that cannot be a layer fails every read."""
    ds = open_connector(listing)
    lyr = ds.GetLayer(0)
    with messages() as said:
        assert lyr.GetLayerDefn().GetFieldCount() == 0
        assert lyr.GetLayerDefn().GetFieldCount() == 0
    assert said.failure.startswith("PostgreSQL, limit: the result has 257 columns")
    for _ in range(2):
        with messages() as said:
            assert read(lyr) is None
            lyr.ResetReading()
        assert "257 columns" in said.failure


def test_postgres_layer_not_described_of_ogr2ogr(listing, tmp_path):
    done = run_program(
        "ogr2ogr", "-f", "CSV", str(tmp_path / "out"), "CARTOCONN:", "wide",
        CARTOCONN_CONNECTOR=json.dumps(listing),
    )  # fmt: skip
    assert done.returncode != 0
    assert "257 columns" in done.stdout


###############################################################################
# Reference systems


def test_postgres_layer_srs_of_an_ignored_geometry(postgres):
    """A read without the geometry does not decide that it has none."""
    ds, lyr = open_query(
        postgres.connector(), "SELECT 1 AS a, 'SRID=3857;POINT (1 2)' AS the_geom"
    )
    with messages() as said:
        lyr.SetIgnoredFields(["OGR_GEOMETRY"])
        assert lyr.GetNextFeature().GetGeometryRef() is None
        assert lyr.GetSpatialRef() is None
        lyr.SetIgnoredFields([])
        assert lyr.GetSpatialRef().GetAuthorityCode(None) == "3857"
        assert lyr.GetNextFeature().GetGeometryRef().ExportToWkt() == "POINT (1 2)"
    said.assert_quiet()


def test_postgres_layer_fast_extent(postgres):
    """Is claimed where the server may be asked."""
    columns = [("a", "geometry(Point,4326)"), ("b", "geometry"), ("c", "geography")]
    expected = []
    for name, kind in columns:
        postgres.create("extent_" + name, [("id", "integer"), ("geom", kind)])
        table = postgres.connector(table="extent_" + name)
        for options in ({}, {"target_srs": "EPSG:3857"}):
            ds = open_connector(table, **options)
            capable = ds.GetLayer(0).TestCapability(ogr.OLCFastGetExtent)
            expected.append((name, bool(options), bool(capable)))
    assert [e for e in expected if e[2]] == [("a", False, True)]


###############################################################################
# Rows


def test_postgres_layer_row_numbers(postgres):
    """Without a key, FIDs are the numbers of all rows, also where part of the
    filter could be left to the server."""
    postgres.create(
        "numbered",
        [("n", "integer"), ("geom", "geometry(Point,4326)")],
    )
    postgres.run(
        "INSERT INTO %s SELECT n, ST_SetSRID(ST_Point(n, 0), 4326) "
        "FROM generate_series(0, 9) n" % postgres.table("numbered")
    )
    ds = open_connector(postgres.connector(table="numbered"))
    lyr = ds.GetLayer(0)
    with messages() as said:
        lyr.SetAttributeFilter("FID >= 7 AND n > 5")
        assert [values(f) for f in lyr] == [[7], [8], [9]]
        assert fids(lyr) == [7, 8, 9]
        assert lyr.GetFeatureCount() == 3
        lyr.SetSpatialFilterRect(7.5, -1, 20, 1)
        assert fids(lyr) == [8, 9]
    said.assert_quiet()


def test_postgres_layer_column_called_fid(postgres):
    """It is the column that is meant, and the server can look at it."""
    ds, lyr = open_query(
        postgres.connector(), "SELECT 10 * n AS fid FROM generate_series(0, 3) n"
    )
    lyr.SetAttributeFilter("fid = 20")
    assert [values(f) for f in lyr] == [[20]]
    assert "WHERE" in lyr.GetMetadataItem("SQL")


def test_postgres_layer_get_feature_counts(postgres):
    """What a single feature loses is told as well."""
    postgres.create(
        "lossy", [("id", "integer"), ("t", "time"), ("the_geom", "text")], key="id"
    )
    postgres.run(
        "INSERT INTO %s VALUES (1, '12:00', 'POINT (1 2)'), (2, '24:00', 'broken')"
        % postgres.table("lossy")
    )
    lyr = open_connector(postgres.connector(table="lossy"))
    with messages() as said:
        assert lyr.GetLayer(0).GetFeature(1).IsFieldNull("t") == 0
    said.assert_quiet()
    with messages() as said:
        feature = lyr.GetLayer(0).GetFeature(2)
    assert feature.IsFieldNull("t") and feature.GetGeometryRef() is None
    assert len(said.warnings) == 2 and not said.failures
    assert '"t"' in said.everything and '"the_geom"' in said.everything


def test_postgres_layer_sql_of_a_stream(postgres):
    """The layer tells the statement of the read, whoever reads."""
    postgres.create("streamed", [("a", "integer"), ("b", "integer")])
    ds = open_connector(postgres.connector(table="streamed"))
    lyr = ds.GetLayer(0)
    lyr.SetIgnoredFields(["b"])
    stream = lyr.GetArrowStream()
    assert stream.GetNextRecordBatch() is None
    assert '"b"' not in lyr.GetMetadataItem("SQL")


def test_postgres_layer_filter_of_a_statement_sent_as_it_is(postgres):
    """No condition can be put around EXPLAIN: it is evaluated here."""
    ds, lyr = open_query(postgres.connector(), "EXPLAIN SELECT 1 LIMIT 1")
    with messages() as said:
        count = lyr.GetFeatureCount()
        lyr.SetAttributeFilter("\"QUERY PLAN\" LIKE 'Limit%'")
        assert len(fids(lyr)) == lyr.GetFeatureCount() == 1 < count
    said.assert_quiet()

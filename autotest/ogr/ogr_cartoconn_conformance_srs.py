#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: the reference systems of the catalog, of values
and of options, and reprojection."""

import struct

import ogrtest
import pytest
from cartoconn_geometry import POINT, epsg, iso, srs, text_query, transformed, wkts
from cartoconn_servers import Expression, server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


def test_conformance_srid_of_the_catalog(server):
    if not server.native_geometry or not server.projected:
        pytest.skip("the server has no such geometry")
    columns = [("id", "integer"), ("geom", server.geometry_type("POINT", 3857))]
    rows = [(1, Expression(server.geometry("POINT (100000 5000000)", 3857)))]
    server.create("mercator", columns, rows)
    ds = open_connector(server.connector(table="mercator"))
    lyr = ds.GetLayer(0)
    assert epsg(lyr) == 3857
    assert lyr.GetSpatialRef().IsSame(srs(3857))
    feature = lyr.GetNextFeature()
    assert iso(feature.GetGeometryRef()) == "POINT (100000 5000000)"
    assert feature.GetGeometryRef().GetSpatialReference().IsSame(srs(3857))
    # A catalog that knows is not contradicted by the assumption.
    ds = open_connector(server.connector(table="mercator"), srs="EPSG:4258")
    assert epsg(ds.GetLayer(0)) == 3857


def test_conformance_srid_of_an_empty_table(server):
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    if not server.declared_srid or not server.projected:
        pytest.skip("the SRID is each value's own")
    columns = [("id", "integer"), ("geom", server.geometry_type("POINT", 25830))]
    server.create("empty_srid", columns)
    ds = open_connector(server.connector(table="empty_srid"))
    with messages() as said:
        assert epsg(ds.GetLayer(0)) == 25830
        assert wkts(ds.GetLayer(0)) == []
    said.assert_quiet()


@pytest.mark.parametrize(
    "text,code",
    [
        ("SRID=3857;POINT (1 2)", 3857),
        ("SRID=25830;POINT (1 2)", 25830),
        ("SRID=0;POINT (1 2)", 4326),
        ("POINT (1 2)", 4326),
        (struct.pack("<BIIdd", 1, 0x20000001, 3857, 1, 2).hex(), 3857),
        (struct.pack("<BIIdd", 1, 0x20000001, 0, 1, 2).hex(), 4326),
        (struct.pack("<BIdd", 1, 1, 1, 2).hex(), 4326),
        ('{"type": "Point", "coordinates": [1, 2]}', 4326),
    ],
)
def test_conformance_srid_of_the_value(server, text, code):
    ds, lyr = open_query(server.connector(), text_query(server, [None, text]))
    assert epsg(lyr) == code
    assert wkts(lyr) == [None, "POINT (1 2)"]
    # Asked for after the reading began, it is the same.
    ds, lyr = open_query(server.connector(), text_query(server, [None, text]))
    assert wkts(lyr) == [None, "POINT (1 2)"]
    assert epsg(lyr) == code


def test_conformance_srs_option(server):
    """Overrides the assumption, not what a value says."""
    query = text_query(server, [POINT])
    for given in ("EPSG:3857", "3857", "epsg:3857"):
        ds, lyr = open_query(server.connector(), query, srs=given)
        assert epsg(lyr) == 3857
        assert wkts(lyr) == [POINT]
    query = text_query(server, ["SRID=25830;POINT (1 2)"])
    ds, lyr = open_query(server.connector(), query, srs="EPSG:3857")
    assert epsg(lyr) == 25830


def test_conformance_srs_option_as_wkt(server):
    definition = "+proj=utm +zone=30 +ellps=intl +units=m +no_defs"
    query = text_query(server, [POINT])
    ds, lyr = open_query(server.connector(), query, srs=definition)
    assert lyr.GetSpatialRef().GetUTMZone() == 30
    assert wkts(lyr) == [POINT]


@pytest.mark.parametrize("option", ["srs", "target_srs"])
@pytest.mark.parametrize("text", ["EPSG:0", "EPSG:99999999", "nonsense", "foo"])
def test_conformance_srs_option_wrong(server, option, text):
    query = text_query(server, [POINT])
    connector = server.connector(sql_query=query, import_as="q")
    with messages() as said:
        ds = open_connector(connector, **{option: text})
        if ds is not None:
            lyr = ds.GetLayer(0)
            lyr.GetSpatialRef()
            wkts(lyr)
    assert said.failures or said.warnings
    assert text.replace("EPSG:", "") in said.everything


def test_conformance_mixed_srids_are_reprojected(server):
    """The first decides; the others are moved there, not relabelled."""
    mercator = transformed(POINT, 4326, 3857)
    utm = transformed(POINT, 4326, 25830)
    texts = [
        POINT,
        "SRID=3857;" + mercator.ExportToWkt(),
        "SRID=25830;" + utm.ExportToWkt(),
        "SRID=4326;" + POINT,
    ]
    with messages() as said:
        ds, lyr = open_query(server.connector(), text_query(server, texts))
        assert epsg(lyr) == 4326
        for f in lyr:
            ogrtest.check_feature_geometry(f.GetGeometryRef(), POINT, 1e-7)
    said.assert_quiet()
    with messages() as said:
        ds, lyr = open_query(server.connector(), text_query(server, texts[1:]))
        assert epsg(lyr) == 3857
        for f in lyr:
            ogrtest.check_feature_geometry(f.GetGeometryRef(), mercator, 1e-3)
    said.assert_quiet()


@pytest.mark.parametrize("code", [4326, 3857, 25830])
def test_conformance_target_srs(server, code):
    utm = transformed(POINT, 4326, 25830).ExportToWkt()
    texts = [POINT, "SRID=25830;" + utm, None]
    expected = transformed(POINT, 4326, code)
    with messages() as said:
        query = text_query(server, texts)
        target = "EPSG:%d" % code
        ds, lyr = open_query(server.connector(), query, target_srs=target)
        assert epsg(lyr) == code
        geometries = [f.GetGeometryRef().Clone() for f in lyr if f.GetGeometryRef()]
    said.assert_quiet()
    assert len(geometries) == 2
    for geometry in geometries:
        tolerance = 1e-7 if code == 4326 else 1e-3
        ogrtest.check_feature_geometry(geometry, expected, tolerance)
        assert geometry.GetSpatialReference().IsSame(srs(code))


def test_conformance_target_srs_keeps_z_and_m(server):
    texts = ["POINT ZM (-3.5 40.25 7 8)", "LINESTRING M (-3.5 40.25 7,-3 41 9)"]
    query = text_query(server, texts)
    ds, lyr = open_query(server.connector(), query, target_srs="EPSG:3857")
    point, line = [f.GetGeometryRef().Clone() for f in lyr]
    assert point.GetZ() == pytest.approx(7) and point.GetM() == 8
    assert (line.GetM(0), line.GetM(1)) == (7, 9)


def test_conformance_target_srs_filters(server):
    """A spatial filter is in the target's reference system."""
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    columns = [("id", "integer"), ("geom", server.geometry_type("POINT", 4326))]
    rows = [(i, Expression(server.geometry("POINT (%d 40)" % i))) for i in range(10)]
    server.create("targeted", columns, rows, key="id")
    connector = server.connector(table="targeted")
    ds = open_connector(connector, target_srs="EPSG:3857")
    lyr = ds.GetLayer(0)
    lyr.SetSpatialFilterRect(300000, 0, 600000, 10000000)
    assert sorted(f.GetFID() for f in lyr) == [3, 4, 5]
    assert lyr.GetFeatureCount() == 3
    lyr.SetSpatialFilter(None)
    assert lyr.GetExtent()[1] == pytest.approx(
        transformed("POINT (9 40)", 4326, 3857).GetX()
    )


def test_conformance_not_reprojectable(server):
    """Outside the projection's domain: NULL, and counted."""
    texts = [POINT, "POINT (0 1000)"]
    query = text_query(server, texts)
    with messages() as said:
        ds, lyr = open_query(server.connector(), query, target_srs="EPSG:3857")
        got = wkts(lyr)
    assert got[0] is not None
    if got[1] is None:
        assert "reproject" in said.warning and "row 2" in said.warning

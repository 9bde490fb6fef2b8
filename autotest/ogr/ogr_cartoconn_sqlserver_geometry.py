#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: geometry and geography as the CLR writes them. The server is
scripted from [MS-TDS]."""

import struct

import pytest
from cartoconn_tds import Column, Relation, scripted, t, table_of
from cartoconn_util import (  # noqa: F401
    geometry_wkb,
    messages,
    no_exceptions,
    open_connector,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


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

# SPDX-License-Identifier: MIT
"""What the conformance suite's modules on geometry share."""

import struct

from osgeo import ogr, osr

POINT = "POINT (-3.5 40.25)"
POINT_WKB = struct.pack("<BIdd", 1, 1, -3.5, 40.25)


def srs(code):
    result = osr.SpatialReference()
    result.ImportFromEPSG(code)
    result.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return result


def transformed(wkt, source, target):
    geometry = ogr.CreateGeometryFromWkt(wkt)
    geometry.Transform(osr.CoordinateTransformation(srs(source), srs(target)))
    return geometry


def epsg(lyr, index=0):
    reference = lyr.GetLayerDefn().GetGeomFieldDefn(index).GetSpatialRef()
    if reference is None:
        return None
    assert reference.GetAuthorityName(None) == "EPSG"
    assert reference.GetDataAxisToSRSAxisMapping() in ([1, 2], [2, 1])
    return int(reference.GetAuthorityCode(None))


def iso(geometry):
    return None if geometry is None else geometry.ExportToIsoWkt()


def wkts(lyr, index=0):
    lyr.ResetReading()
    return [iso(f.GetGeomFieldRef(index)) for f in lyr]


def text_query(server, texts, name="the_geom"):
    return server.texts(name, texts)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes geometries.txt: WKT, a tab, the ISO WKB GDAL makes of it, in hex.

Every shape is written as XY, XYZ, XYM and XYZM; heights and measures are
computed from x and y, so that curves stay contiguous and rings closed.
"""

import os
import re

from osgeo import ogr

SHAPES = [
    "POINT (1 1)",
    "POINT (1.1234 1.4321)",
    "POINT (1.12345678901234 1.4321)",
    "POINT (1.2 -2.1)",
    "LINESTRING (1.2 -2.1,2.4 -4.8)",
    "POLYGON ((30 10,40 40,20 40,10 20,30 10))",
    "POLYGON ((35 10,45 45,15 40,10 20,35 10),(20 30,35 35,30 20,20 30))",
    "MULTIPOINT ((10 40),(40 30),(20 20),(30 10))",
    "MULTILINESTRING ((1.2 -2.1,2.4 -4.8))",
    "MULTILINESTRING ((10 10,20 20,10 40),(40 40,30 30,40 20,30 10),"
    "(50 50,60 60,50 90))",
    "MULTIPOLYGON (((30 20,45 40,10 40,30 20)))",
    "MULTIPOLYGON (((35 10,45 45,15 40,10 20,35 10),"
    "(20 30,35 35,30 20,20 30)))",
    "MULTIPOLYGON (((30 20,45 40,10 40,30 20)),"
    "((15 5,40 10,10 20,5 10,15 5)))",
    "MULTIPOLYGON (((40 40,20 45,45 30,40 40)),"
    "((20 35,10 30,10 10,30 5,45 20,20 35),(30 20,20 15,20 25,30 20)))",
    "GEOMETRYCOLLECTION (POINT (4 6),LINESTRING (4 6,7 10))",
    "GEOMETRYCOLLECTION (POINT (4 6),GEOMETRYCOLLECTION (POINT (4 6),"
    "LINESTRING (4 6,7 10)))",
    "CIRCULARSTRING (0 0,1 1,1 0)",
    "COMPOUNDCURVE (CIRCULARSTRING (0 0,1 1,1 0),(1 0,0 1))",
    "CURVEPOLYGON (CIRCULARSTRING (0 0,4 0,4 4,0 4,0 0),"
    "(1 1,3 3,3 1,1 1))",
    "MULTICURVE ((0 0,5 5),CIRCULARSTRING (4 0,4 4,8 4))",
    "MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (0 0,4 0,4 4,0 4,0 0),"
    "(1 1,3 3,3 1,1 1)),((10 10,14 12,11 10,10 10),"
    "(11 11,11.5 11.0,11.0 11.5,11 11)))",
    "TRIANGLE ((0 0,0 9,9 0,0 0))",
    "TIN (((0 0,0 1,1 1,0 0)),((0 0,1 1,1 0,0 0)))",
    "POLYHEDRALSURFACE (((0 0,0 1,1 1,1 0,0 0)),((1 0,1 1,2 1,2 0,1 0)))",
    "CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (0 0,2 0,2 1),(2 1,0 0)))",
    "MULTICURVE (COMPOUNDCURVE ((0 0,1 1),CIRCULARSTRING (1 1,2 2,3 1)))",
    "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (MULTIPOINT ((1 2))),"
    "TRIANGLE ((0 0,0 9,9 0,0 0)))",
    "POINT (-1.7976931348623157e308 2.2250738585072014e-308)",
    "POINT (0.1 -0.30000000000000004)",
    "POINT (123456789012345678 1e22)",
    "POINT EMPTY",
    "LINESTRING EMPTY",
    "POLYGON EMPTY",
    "MULTIPOINT EMPTY",
    "MULTILINESTRING EMPTY",
    "MULTIPOLYGON EMPTY",
    "GEOMETRYCOLLECTION EMPTY",
    "CIRCULARSTRING EMPTY",
    "COMPOUNDCURVE EMPTY",
    "CURVEPOLYGON EMPTY",
    "MULTICURVE EMPTY",
    "MULTISURFACE EMPTY",
    "POLYHEDRALSURFACE EMPTY",
    "TIN EMPTY",
    "TRIANGLE EMPTY",
    "GEOMETRYCOLLECTION (POINT EMPTY,LINESTRING EMPTY,POINT (1 2))",
]

POSITION = re.compile(r"(-?[\d.]+(?:e-?\d+)?) (-?[\d.]+(?:e-?\d+)?)")


def with_dimensions(shape, mark):
    def position(match):
        x, y = float(match[1]), float(match[2])
        ordinates = [match[1], match[2]]
        if "Z" in mark:
            ordinates.append(repr(100 + x / 4 - y if abs(x) < 1e9 else 7.25))
        if "M" in mark:
            ordinates.append(repr(x + 2 * y + 0.5 if abs(x) < 1e9 else -3.5))
        return " ".join(ordinates)

    text = POSITION.sub(position, shape)
    return re.sub(r"([A-Z]{3,}) (?=\(|EMPTY)", rf"\1 {mark} ", text)


def main():
    ogr.UseExceptions()
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "geometries.txt"), "w") as out:
        for mark in ("", "Z", "M", "ZM"):
            for shape in SHAPES:
                text = with_dimensions(shape, mark) if mark else shape
                wkb = ogr.CreateGeometryFromWkt(text).ExportToIsoWkb()
                out.write(f"{text}\t{bytes(wkb).hex().upper()}\n")


if __name__ == "__main__":
    main()

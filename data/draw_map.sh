#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Draws the layers countries and cities of a dataset as a world map (Robinson
# projection) with GDAL's programs alone.
#
# Usage: draw_map.sh DATASET MAP.png
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: $0 DATASET MAP.png" >&2; exit 2; }
source=$1
target=$2

PROJECTION='+proj=robin +datum=WGS84'
# The globe in that projection, in metres, with a margin.
EXTENT=(-17300000 -8800000 17300000 8800000)
# Drawn at twice the size and averaged down: smooth edges.
WIDTH=3200
HEIGHT=1628

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shapes NAME QUERY DATASET OPTION...: NAME.gpkg in the map's projection.
shapes()
{
    local name=$1 query=$2 dataset=$3
    shift 3
    ogr2ogr -q -f GPKG "$work/$name.gpkg" "$dataset" -nln "$name" \
        -dialect SQLite -sql "$query" -s_srs EPSG:4326 \
        -t_srs "$PROJECTION" "$@"
}

# paint SHAPES RED GREEN BLUE: on top of what is there.
paint()
{
    gdal_rasterize -q -at -l "$1" -b 1 -b 2 -b 3 \
        -burn "$2" -burn "$3" -burn "$4" "$work/$1.gpkg" "$work/map.tif"
}

gdal_create -q -of GTiff -ot Byte -bands 3 -burn 255 \
    -outsize "$WIDTH" "$HEIGHT" -a_srs "$PROJECTION" \
    -a_ullr "${EXTENT[0]}" "${EXTENT[3]}" "${EXTENT[2]}" "${EXTENT[1]}" \
    "$work/map.tif"

cat >"$work/globe.geojson" <<'EOF'
{"type": "Polygon", "coordinates":
 [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]}
EOF
shapes sea 'SELECT geometry FROM globe' "$work/globe.geojson" -segmentize 1
shapes land 'SELECT the_geom FROM countries' "$source" -segmentize 1
shapes borders 'SELECT ST_Boundary(the_geom) FROM countries' "$source" \
    -segmentize 1
# A city is a disc whose area goes with its people.
ogr2ogr -q -f GPKG "$work/places.gpkg" "$source" cities -nln places -lco GEOMETRY_NAME=geom \
    -t_srs "$PROJECTION"
ogr2ogr -q -f GPKG "$work/cities.gpkg" "$work/places.gpkg" -nln cities \
    -dialect SQLite -sql 'SELECT ST_Buffer(geom,
        14000 + 30 * SQRT(population), 8) FROM places'

paint sea 205 226 236
paint land 244 240 225
paint borders 150 142 120
paint cities 200 62 44

gdal_translate -q -of PNG -outsize 50% 50% -r average \
    --config GDAL_PAM_ENABLED NO "$work/map.tif" "$target"

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The quick start itself, run once more in this build: it imports both layers
# and leaves a map.

suite_quickstart_packages()
{
    :
}

suite_quickstart_servers()
{
    :
}

suite_quickstart()
{
    local map=$BUILD/quickstart/map.png
    rm -f "$map"
    check quickstart 'data/quickstart.sh' \
        bash "$ROOT/data/quickstart.sh" --no-install --build-dir "$BUILD"
    check quickstart 'the map is a picture' map_has_colours "$map"
}

# Land, sea and cities: more than a handful of colours, none missing.
map_has_colours()
{
    gdalinfo -mm "$1" | grep -c 'Computed Min/Max' | grep -qx 3
}

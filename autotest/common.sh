# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# What data/quickstart.sh and autotest/run.sh share: messages, packages, the
# build. Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# set_build_dir DIR: everything that is built or downloaded goes there. The
# plugin is where GDAL finds it when GDAL_DRIVER_PATH is PLUGIN_DIR.
set_build_dir()
{
    BUILD=$1
    RELEASE_DIR=$BUILD/release
    PLUGIN_DIR=$RELEASE_DIR/ogr_carto_connector/ogr
}
set_build_dir "${BUILD:-$ROOT/build}"

# Debian packages, by what they are for.
PACKAGES_BUILD=(
    cmake ninja-build gcc g++ pkg-config
    libgdal-dev libproj-dev libjson-c-dev
    libpq-dev libmariadb-dev freetds-dev
    libcurl4-openssl-dev libssl-dev zlib1g-dev liblz4-dev libzstd-dev
    libprotobuf-c-dev protobuf-c-compiler
    libcmocka-dev libnghttp2-dev
)
PACKAGES_GDAL=(gdal-bin)

# The interpreter that Debian's python3-gdal belongs to.
PYTHON=/usr/bin/python3

say()
{
    printf '\n== %s\n' "$*"
}

die()
{
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# as_root COMMAND...: directly, or through sudo.
as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and there is no sudo: $*"
    fi
}

missing_packages()
{
    local package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
            grep -qx installed || printf '%s\n' "$package"
    done
}

# While packages are installed no service may start and no PostgreSQL cluster
# be made: both would stay behind. The two files are there only meanwhile.
POLICY_FILE=/usr/sbin/policy-rc.d
CLUSTER_FILE=/etc/postgresql-common/createcluster.d/ogr-carto-connector.conf

forbid_services()
{
    POLICY_MADE=no
    if [ ! -e "$POLICY_FILE" ]; then
        POLICY_MADE=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY_FILE" >/dev/null
        as_root chmod 755 "$POLICY_FILE"
    fi
    as_root mkdir -p "$(dirname "$CLUSTER_FILE")"
    echo 'create_main_cluster = false' |
        as_root tee "$CLUSTER_FILE" >/dev/null
}

allow_services()
{
    as_root rm -f "$CLUSTER_FILE"
    as_root rmdir --ignore-fail-on-non-empty "$(dirname "$CLUSTER_FILE")"
    if [ "$POLICY_MADE" = yes ]; then
        as_root rm -f "$POLICY_FILE"
    fi
}

# install_packages PACKAGE...: those that are missing, in one go.
install_packages()
{
    local missing status=0
    mapfile -t missing < <(missing_packages "$@")
    if [ ${#missing[@]} -eq 0 ]; then
        say "Packages: all $# are installed"
        return
    fi
    say "Packages: installing ${missing[*]}"
    (
        trap allow_services EXIT
        forbid_services &&
            as_root apt-get update -q &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
                --no-install-recommends "${missing[@]}"
    ) || status=$?
    [ "$status" -eq 0 ] || die "apt-get could not install ${missing[*]}"
}

# configure_and_build DIR TARGET CMAKE_OPTION...
configure_and_build()
{
    local dir=$1 target=$2
    shift 2
    cmake -S "$ROOT" -B "$dir" -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
        "$@" >"$dir.cmake.log" 2>&1 ||
        { cat "$dir.cmake.log" >&2; return 1; }
    cmake --build "$dir" --target "$target"
}

# build_plugin [TARGET]: ogr_CARTOCONN, or all with the unit tests.
build_plugin()
{
    mkdir -p "$BUILD"
    configure_and_build "$RELEASE_DIR" "${1:-all}" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo
}

# load_sample_data DATASOURCE: countries and cities as two PostGIS tables.
load_sample_data()
{
    ogr2ogr -q -f PostgreSQL "$1" "$ROOT/data/countries.geojson" \
        -nln countries -lco GEOMETRY_NAME=the_geom -lco FID=id &&
        ogr2ogr -q -f PostgreSQL "$1" "$ROOT/data/cities.csv" \
            -nln cities -lco GEOMETRY_NAME=the_geom -lco FID=geonameid \
            -oo AUTODETECT_TYPE=YES -a_srs EPSG:4326 \
            -oo X_POSSIBLE_NAMES=lon -oo Y_POSSIBLE_NAMES=lat \
            -oo KEEP_GEOM_COLUMNS=NO
}

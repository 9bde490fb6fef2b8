#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds GDAL's own driver checker, test_ogrsf, which no package contains, from
# the source package of the installed GDAL. Usage: build.sh FOLDER
# Leaves FOLDER/test_ogrsf; does nothing when it is there for this version.
set -euo pipefail

# shellcheck source=autotest/common.sh
. "$(dirname "$0")/../common.sh"
# shellcheck source=autotest/private_apt.sh
. "$ROOT/autotest/private_apt.sh"

[ $# -eq 1 ] || die 'usage: build.sh FOLDER'
mkdir -p "$1"
folder=$(cd "$1" && pwd)
# shellcheck disable=SC2016
version=$(dpkg-query -W -f '${source:Version}' libgdal-dev)

if [ -x "$folder/test_ogrsf" ] &&
    [ "$(cat "$folder/version" 2>/dev/null)" = "$version" ]; then
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
private_apt_create "$work/apt" deb-src "$(debian_suite)"
cd "$work"
private_apt "$work/apt" source --download-only --tar-only "gdal=$version"
tar -xf gdal_*.orig.tar.* --strip-components=2 --wildcards \
    '*/apps/test_ogrsf.cpp' '*/apps/commonutils.*'
# shellcheck disable=SC2046
g++ -O1 -w $(gdal-config --cflags) -I. -o test_ogrsf \
    test_ogrsf.cpp commonutils.cpp $(gdal-config --libs)
mv test_ogrsf "$folder/test_ogrsf"
printf '%s\n' "$version" >"$folder/version"

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What only shows from outside: the plugin file and GDAL's programs.

suite_shell_packages()
{
    echo binutils
}

suite_shell_servers()
{
    :
}

suite_shell()
{
    check shell 'exports nothing but its two entry points' exported_symbols
    check shell 'GDAL lists the driver and says nothing else' driver_listed
    check shell 'the core includes no GDAL header' core_without_gdal
    check shell 'no connection: exit status and no secret' refused_import
    check shell 'update is refused' update_refused
}

exported_symbols()
{
    local symbols
    symbols=$(nm -D --defined-only "$PLUGIN_DIR/ogr_CARTOCONN.so" |
        awk '{print $3}' | grep -v '^_' | sort | tr '\n' ' ')
    echo "$symbols"
    [ "$symbols" = 'GDALRegisterMe RegisterOGRCARTOCONN ' ]
}

driver_listed()
{
    local out
    out=$(ogrinfo --format CARTOCONN 2>&1) &&
        grep -q 'Short Name: CARTOCONN' <<<"$out" &&
        grep -q 'name=.CONNECTOR.' <<<"$out" && ! grep -q '^ERROR' <<<"$out"
}

core_without_gdal()
{
    ! grep -rnE '#include *[<"](gdal|ogr_|ogrsf|cpl_)' --include='*.[ch]' \
        --exclude-dir=ogr "$ROOT/ogr_carto_connector"
}

# A port at which nothing listens, a password nobody may see.
refused_import()
{
    local out status=0
    out=$(CARTOCONN_PASSWORD=s3cr3t-word ogr2ogr --debug on -f GeoJSON \
        /vsistdout/ CARTOCONN: -oo PROVIDER=postgres -oo SERVER=127.0.0.1 \
        -oo "PORT=$(free_port)" -oo DATABASE=d -oo USERNAME=u -oo TABLE=t \
        2>&1) || status=$?
    [ "$status" -ne 0 ] && grep -qi 'connect' <<<"$out" &&
        ! grep -q 's3cr3t-word' <<<"$out"
}

update_refused()
{
    local out
    out=$("$PYTHON" -c 'from osgeo import gdal
gdal.OpenEx("CARTOCONN:", gdal.OF_VECTOR | gdal.OF_UPDATE)' 2>&1)
    grep -q 'CARTOCONN: .*update' <<<"$out"
}

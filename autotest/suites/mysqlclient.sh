# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The provider "mysql" compiled with Oracle's client library in libmariadb's
# place: its unit tests, and reads from Oracle's server. Debian has the library
# in its unstable suite only; it is unpacked into the build folder with the C
# library it needs, which the programs built here run with.

# shellcheck source=autotest/suites/unit.sh
. "$ROOT/autotest/suites/unit.sh"
# shellcheck source=autotest/private_apt.sh
. "$ROOT/autotest/private_apt.sh"

suite_mysqlclient_packages()
{
    echo debian-archive-keyring
}

suite_mysqlclient_servers()
{
    echo mysql9
}

suite_mysqlclient_fetch()
{
    fetch_tree mysqlclient mysqlclient_fetch
}

# Of the headers' package alone: what it depends on would bring the headers of
# another C library.
mysqlclient_fetch()
{
    private_apt_create "$1/apt" deb sid &&
        private_apt "$1/apt" install --download-only libmysqlclient24 &&
        (cd "$1/apt/cache/archives" &&
            private_apt "$1/apt" download libmysqlclient-dev) &&
        private_apt_unpack "$1/apt" "$1" && rm -rf "$1/apt"
}

# mysqlclient_pkgconfig TREE: as pkg-config is to find the library there.
mysqlclient_pkgconfig()
{
    local file
    file=$(find "$1/usr/lib" -name mysqlclient.pc)
    mkdir -p "$1/pkgconfig"
    sed "s|^prefix=.*|prefix=$1/usr|
        s|^Cflags:.*|& -I\${prefix}/include|
        /^Requires.private:/d" "$file" >"$1/pkgconfig/mysqlclient.pc"
}

# mysqlclient_build TREE: the core with this provider alone.
mysqlclient_build()
{
    local libraries name off=()
    libraries=$(dirname "$(find "$1/usr/lib" -name libc.so.6)")
    for name in BIGQUERY HIVE POSTGRES REDSHIFT SNOWFLAKE SQLSERVER; do
        off+=("-DCARTOCONN_PROVIDER_$name=OFF")
    done
    PKG_CONFIG_PATH=$1/pkgconfig \
        configure_and_build "$BUILD/mysqlclient" test_mysql \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCARTOCONN_PLUGIN=OFF "${off[@]}" \
        -DCARTOCONN_PROVIDER_MYSQL=ON -DCARTOCONN_MYSQL_LIBRARY=mysqlclient \
        -DCMAKE_SKIP_RPATH=ON -DCMAKE_EXE_LINKER_FLAGS="\
-Wl,--allow-shlib-undefined -Wl,--disable-new-dtags -Wl,-rpath,$libraries \
-Wl,--dynamic-linker=$(find "$libraries/" -name 'ld-linux*.so.*')" &&
        cmake --build "$BUILD/mysqlclient" \
            --target test_mysql_read test_mysql_dialect test_mysql_value
}

# The library has no plugin any more for the passwords of MariaDB's accounts.
suite_mysqlclient()
{
    local tree
    tree=$(cache_tree mysqlclient)
    if ! suite_mysqlclient_fetch; then
        result mysqlclient packages skipped "$(fetch_failure mysqlclient)"
        return
    fi
    mysqlclient_pkgconfig "$tree" && mysqlclient_build "$tree" || return
    (
        unset CARTOCONN_TEST_MYSQL
        run_ctest mysqlclient "$BUILD/mysqlclient" -R mysql
    )
}

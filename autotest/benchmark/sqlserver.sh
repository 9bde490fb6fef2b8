# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# SQL Server, beside FreeTDS's ODBC driver; sqlserver_rows.py is the server.
# See run.sh for the interface.

bench_sqlserver_packages()
{
    printf '%s\n' unixodbc-dev tdsodbc
}

bench_sqlserver_servers()
{
    :
}

bench_sqlserver()
{
    bench_python sqlserver
}

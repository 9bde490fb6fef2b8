# SPDX-License-Identifier: MIT
"""Reads a table of a HiveServer2 to its end with a Python client, and prints
rows, seconds, seconds to the first row and KiB above idle, as
read_layer_bench does: hive_clients.py pyhive|impyla HOST PORT USER PASSWORD
TABLE. Runs in the Python that has the clients."""

import resource
import sys
import time


def connect(client, host, port, user, password):
    if client == "impyla":
        from impala import dbapi

        return dbapi.connect(
            host=host, port=port, user=user, password=password, auth_mechanism="PLAIN"
        )
    from pyhive import hive

    return hive.connect(
        host=host, port=port, username=user, password=password, auth="CUSTOM"
    )


def main():
    client, host, port, user, password, table = sys.argv[1:7]
    cursor = connect(client, host, int(port), user, password).cursor()
    cursor.arraysize = 10000
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.monotonic()
    first = None
    rows = 0
    cursor.execute("SELECT * FROM " + table)
    while True:
        page = cursor.fetchmany(10000)
        if not page:
            break
        first = first or time.monotonic() - begin
        rows += len(page)
    seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(rows, seconds, first, peak - idle, sep="\t")


if __name__ == "__main__":
    main()

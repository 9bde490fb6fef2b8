# SPDX-License-Identifier: MIT
"""Reads a query's result to its end with Snowflake's own connector, and prints
rows, seconds, seconds to the first row and KiB above idle, as
read_layer_bench does: snowflake_client.py arrow|json PORT QUERY. Runs in the
Python that has the connector."""

import os
import resource
import sys
import time

import snowflake.connector


def pages(cursor, form):
    """The number of rows of each. fetch_arrow_batches is for Arrow only."""
    if form == "arrow":
        for table in cursor.fetch_arrow_batches():
            yield table.num_rows
        return
    while True:
        rows = cursor.fetchmany(10000)
        if not rows:
            return
        yield len(rows)


def resident_kib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def connect(port, threads):
    return snowflake.connector.connect(
        host="127.0.0.1",
        port=int(port),
        protocol="http",
        account="bench",
        user="user",
        password="secret",
        client_prefetch_threads=threads,
    ).cursor()


def main():
    form, port, query = sys.argv[1:4]
    if form == "arrow":
        # Its decoder deadlocks when threads use it for the first time at once.
        for _ in pages(connect(port, 1).execute(query), form):
            pass
    cursor = connect(port, 4)
    idle = resident_kib()
    begin = time.monotonic()
    first = None
    rows = 0
    cursor.execute(query)
    for count in pages(cursor, form):
        first = first or time.monotonic() - begin
        rows += count
    seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(rows, seconds, first, peak - idle, sep="\t")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""Reads a table with google-cloud-bigquery-storage into Arrow tables, and
prints rows, seconds, seconds to the first row and KiB above idle, as
read_layer_bench does: bigquery_client.py PORT STREAMS. Several streams are
read in a thread each. Runs in the Python that has the client."""

import concurrent.futures
import resource
import sys
import time

import grpc
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types
from google.cloud.bigquery_storage_v1.services.big_query_read import transports


def main():
    port, count = sys.argv[1], int(sys.argv[2])
    channel = grpc.insecure_channel(
        "127.0.0.1:" + port, options=[("grpc.max_receive_message_length", -1)]
    )
    client = BigQueryReadClient(
        transport=transports.BigQueryReadGrpcTransport(channel=channel)
    )
    options = types.ReadSession.TableReadOptions(
        arrow_serialization_options=types.ArrowSerializationOptions(
            buffer_compression="LZ4_FRAME"
        )
    )
    wanted = types.ReadSession(
        table="projects/p/datasets/d/tables/t",
        data_format=types.DataFormat.ARROW,
        read_options=options,
    )
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.monotonic()
    session = client.create_read_session(
        parent="projects/p", read_session=wanted, max_stream_count=count
    )

    def read(stream):
        return client.read_rows(stream.name).to_arrow(session).num_rows

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        rows = sum(pool.map(read, session.streams))
    seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(rows, seconds, seconds, peak - idle, sep="\t")


if __name__ == "__main__":
    main()

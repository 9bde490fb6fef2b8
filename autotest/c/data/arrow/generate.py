# SPDX-License-Identifier: MIT
"""Writes the Arrow IPC streams beside it, with pyarrow: a writer that is not
this project's."""

import datetime
import decimal
import os

import pyarrow as pa

HERE = os.path.dirname(os.path.abspath(__file__))
D = decimal.Decimal


def write(name, batches, **options):
    batches = batches if isinstance(batches, list) else [batches]
    path = os.path.join(HERE, name + ".arrows")
    options = pa.ipc.IpcWriteOptions(**options)
    with pa.OSFile(path, "wb") as sink:
        with pa.ipc.new_stream(
            sink, batches[0].schema, options=options
        ) as stream:
            for batch in batches:
                stream.write_batch(batch)


def batch(**columns):
    return pa.record_batch(list(columns.values()), names=list(columns))


def scalars():
    return batch(
        null=pa.nulls(3),
        i8=pa.array([-128, None, 127], pa.int8()),
        u16=pa.array([0, None, 65535], pa.uint16()),
        i64=pa.array([-(2**63), None, 2**63 - 1], pa.int64()),
        f16=pa.array([1.0, None, -2.0], pa.float16()),
        f32=pa.array([1.5, None, float("inf")], pa.float32()),
        f64=pa.array([0.1, None, -0.0], pa.float64()),
        bool=pa.array([True, None, False]),
        utf8=pa.array(["", None, "h\u00e9"]),
        binary=pa.array([b"\0\1", None, b"xyz"], pa.binary()),
        large=pa.array(["large", None, "text"], pa.large_utf8()),
        fixed=pa.array([b"abc", None, b"def"], pa.binary(3)),
        d128=pa.array([D("-0.01"), None, D("12345678901234567.89")],
                      pa.decimal128(38, 2)),
        d256=pa.array([D(-1), None, D(10) ** 60], pa.decimal256(76, 0)),
        date32=pa.array([datetime.date(1969, 12, 31), None,
                         datetime.date(2024, 2, 29)]),
        date64=pa.array([0, None, 86400000], pa.date64()),
        time32=pa.array([1, None, 86399], pa.time32("s")),
        time64=pa.array([1, None, 86399999999], pa.time64("us")),
        stamp=pa.array([-1, None, 1], pa.timestamp("ns", "Europe/Paris")),
        duration=pa.array([-1, None, 1], pa.duration("ms")),
        interval=pa.array([(1, 2, 3), None, (-1, -2, -3)],
                          pa.month_day_nano_interval()),
        view=pa.array(["short", None, "longer than twelve bytes"],
                      pa.string_view()),
    )


def nested():
    union_codes = pa.array([0, 1, 0], pa.int8())
    run_ends = pa.array([2, 3], pa.int16())
    return batch(
        list=pa.array([[1, 2], None, []], pa.list_(pa.int32())),
        large=pa.array([[], [3], None], pa.large_list(pa.int32())),
        pair=pa.array([[1, 2], None, [5, 6]], pa.list_(pa.int16(), 2)),
        struct=pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "z"}]),
        map=pa.array([[("k", 1)], None, []], pa.map_(pa.utf8(), pa.int8())),
        sparse=pa.UnionArray.from_sparse(
            union_codes, [pa.array([1, 2, 3]), pa.array(["a", "b", "c"])]),
        dense=pa.UnionArray.from_dense(
            union_codes, pa.array([0, 0, 1], pa.int32()),
            [pa.array([1, 2]), pa.array(["b"])]),
        runs=pa.RunEndEncodedArray.from_arrays(
            run_ends, pa.array(["x", "y"])),
        view=pa.array([[1], None, [2, 3]], pa.list_view(pa.int32())),
    )


def dictionary(values):
    return pa.record_batch(
        [pa.array(values).dictionary_encode()], names=["word"])


def many(first):
    rows = range(first, first + 1000)
    return batch(id=pa.array(rows, pa.int64()),
                 name=pa.array(["name %d" % i for i in rows]),
                 same=pa.array([7] * 1000, pa.int32()))


def fields():
    schema = pa.schema([
        pa.field("N", pa.int8(), nullable=False,
                 metadata={"logicalType": "FIXED", "scale": "2"}),
        pa.field("G", pa.binary(), metadata={"logicalType": "BINARY"}),
    ])
    return pa.record_batch(
        [pa.array([1], pa.int8()), pa.array([b"g"], pa.binary())],
        schema=schema)


if __name__ == "__main__":
    write("scalars", scalars())
    write("nested", nested())
    write("fields", fields())
    write("dictionary", [dictionary(["a", "b", "a", None]),
                         dictionary(["c", "d", "d"])])
    write("plain", [many(0), many(1000)])
    write("lz4", [many(0), many(1000)], compression="lz4")
    write("zstd", [many(0), many(1000)], compression="zstd")
    write("legacy", many(0).slice(0, 3),
          metadata_version=pa.ipc.MetadataVersion.V4, use_legacy_format=True)
    write("empty", many(0).slice(0, 0))

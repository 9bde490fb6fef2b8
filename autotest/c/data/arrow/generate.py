# SPDX-License-Identifier: MIT
"""Writes the Arrow IPC streams beside it, with pyarrow: a writer that is not
this project's."""

import datetime
import decimal
import json
import os
import struct

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


def typed(name, kind, array, extension=None, **meta):
    """A column as Snowflake sends it, and its "rowtype"."""
    if kind == "fixed":
        meta.setdefault("precision", 38)
    metadata = {"logicalType": kind.upper()}
    metadata.update((k, str(v)) for k, v in meta.items())
    rowtype = {"name": name, "type": kind, "nullable": True,
               "precision": None, "scale": None, "length": None}
    rowtype.update(meta)
    if extension:
        rowtype["extTypeName"] = extension
    # Snowflake's connector knows the form of a TIMESTAMP_TZ by its size
    if kind == "timestamp_tz":
        metadata["byteLength"] = "16"
    return pa.field(name, array.type, metadata=metadata), array, rowtype


def instants(seconds, nanoseconds, zones=None):
    """A struct of epoch, fraction and perhaps a zone; row 2 is NULL."""
    arrays = [pa.array(seconds, pa.int64()), pa.array(nanoseconds, pa.int32())]
    names = ["epoch", "fraction"]
    if zones:
        arrays.append(pa.array(zones, pa.int32()))
        names.append("timezone")
    return pa.StructArray.from_arrays(
        arrays, names, mask=pa.array([False, True, False]))


def numbers():
    """ARRAY(NUMBER(4, 2))."""
    element = pa.field("element", pa.int16(),
                       metadata={"logicalType": "FIXED", "scale": "2",
                                 "precision": "4"})
    return pa.array([[150, None, -5], None, []], pa.list_(element))


def structured():
    """An OBJECT whose parts are of every type that is no text as it comes."""
    second = 1000000000
    parts = [
        typed("n", "fixed", pa.array([1250, None, None], pa.int32()), scale=2),
        typed("big", "fixed", pa.array([D("0.01"), None, None],
                                       pa.decimal128(38, 2)), scale=2),
        typed("f", "real", pa.array([0.5, None, None])),
        typed("b", "boolean", pa.array([True, None, None])),
        typed("bin", "binary", pa.array([b"\0\xff", None, None])),
        typed("d", "date", pa.array([-1, None, None], pa.date32())),
        typed("ti", "time", pa.array([3723 * second, None, None]), scale=9),
        typed("ntz", "timestamp_ntz", instants([-2, 0, 0], [500000000, 0, 0]),
              scale=9),
        typed("tz", "timestamp_tz", instants([0, 0, 0], [0, 0, 0],
                                             [1500, 0, 1440]), scale=9),
        typed("v", "variant", pa.array(['{"a": [1]}', None, None])),
        typed("s", "text", pa.array(["tab\t", None, None])),
        typed("ym", "interval_year_month", pa.array([14, None, None]),
              scale=0),
    ]
    return pa.StructArray.from_arrays(
        [array for _, array, _ in parts], fields=[field for field, _, _ in parts],
        mask=pa.array([False, True, False]))


def snowflake():
    """The rows of "types" in servers/snowflake_standin.py, and two more
    columns."""
    point = struct.pack("<BIdd", 1, 1, 2.5, 51.25)
    epoint = struct.pack("<BIIdd", 1, 0x20000001, 3857, 100.0, 200.0)
    big = [D("1234567890123456789.0123456789"), None, D("0.0000000001")]
    second = 1000000000
    significands = pa.array([b"\x00\xff", None, b"\xff"])
    nine_digits_of_days = 123456789 * 86400 * second + 11045 * second + 6
    columns = [
        typed("ID", "fixed", pa.array([1, 2, 3], pa.int8()), precision=38,
              scale=0),
        typed("PRICE", "fixed", pa.array([1250, None, -5], pa.int16()),
              precision=12, scale=2),
        typed("BIG", "fixed", pa.array(big, pa.decimal128(38, 10)),
              precision=38, scale=10),
        typed("R", "real", pa.array([1.5, None, float("nan")])),
        typed("B", "boolean", pa.array([True, None, False])),
        typed("T", "text",
              pa.array(["h\u00e9 \U0001f600 \"q\"", None, ""]),
              length=16777216),
        typed("BIN", "binary", pa.array([b"\0\xff", None, b""])),
        typed("D", "date", pa.array([-1, None, 19782], pa.date32())),
        typed("TI", "time",
              pa.array([3723 * second + second // 2, None,
                        86399 * second + 999999000], pa.int64()), scale=9),
        typed("NTZ", "timestamp_ntz",
              instants([-2, 0, 0], [500000000, 0, 0]), scale=9),
        typed("LTZ", "timestamp_ltz",
              pa.array([1700000000 * second + 123456000, None, 0],
                       pa.int64()), scale=9),
        typed("TZ", "timestamp_tz",
              instants([1700000000, 0, 0], [0, 0, 0], [1500, 0, 1440]),
              scale=9),
        typed("V", "variant", pa.array(['{"a": 1}', None, "[]"])),
        typed("YM", "interval_year_month", pa.array([14, None, -25]), scale=0),
        typed("MONTHS", "interval_year_month",
              pa.array([14, None, -25], pa.int32()), scale=2),
        typed("DT", "interval_day_time",
              pa.array([90061 * second + 500000000, None, -second]),
              scale=9, precision=0x25),
        typed("DAYS", "interval_day_time",
              pa.array([D(nine_digits_of_days), None, D(-1)],
                       pa.decimal128(38, 0)), scale=0, precision=0x29),
        typed("DEC", "decfloat", pa.StructArray.from_arrays(
            [pa.array([-1, 0, 3], pa.int16()), significands],
            ["exponent", "significand"],
            mask=pa.array([False, True, False]))),
        typed("GEOM", "binary", pa.array([epoint, None, None], pa.binary()),
              "GEOMETRY"),
        typed("GEOG", "binary", pa.array([point, None, None], pa.binary()),
              "GEOGRAPHY"),
        typed("VEC", "vector", pa.array([[1.5, 2.0], None, [0.0, -1.0]],
                                        pa.list_(pa.float32(), 2))),
        typed("OBJ", "object", structured()),
        typed("ARR", "array", numbers()),
        typed("MAP", "map", pa.array(
            [[("k", "it's \"quoted\"")], None, []],
            pa.map_(pa.utf8(), pa.utf8()))),
    ]
    with open(os.path.join(HERE, "snowflake.arrows.json"), "w") as file:
        json.dump([rowtype for _, _, rowtype in columns], file, indent=1)
        file.write("\n")
    return pa.record_batch([array for _, array, _ in columns],
                           schema=pa.schema([f for f, _, _ in columns]))


if __name__ == "__main__":
    write("snowflake", snowflake())
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

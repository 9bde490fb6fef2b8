#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Reads an Arrow stream through the C data interface itself, value by value,
so that nothing between the driver and the test converts or hides anything.
See https://arrow.apache.org/docs/format/CDataInterface.html."""

import ctypes
import datetime
import struct


class CSchema(ctypes.Structure):
    pass


CSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(CSchema))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


class CArray(ctypes.Structure):
    pass


CArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(CArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]

FLAG_NULLABLE = 2
FIXED = {
    "s": "h",
    "i": "i",
    "l": "q",
    "f": "f",
    "g": "d",
    "tdD": "i",
    "ttm": "i",
    "ttu": "q",
}
EPOCH = datetime.datetime(1970, 1, 1)


def _metadata(address):
    if not address:
        return {}
    result = {}
    (count,) = struct.unpack("i", ctypes.string_at(address, 4))
    address += 4
    texts = []
    for _ in range(2 * count):
        (size,) = struct.unpack("i", ctypes.string_at(address, 4))
        texts.append(ctypes.string_at(address + 4, size).decode())
        address += 4 + size
    for key, value in zip(texts[::2], texts[1::2]):
        result[key] = value
    return result


class Column:
    """One child of the stream's schema."""

    def __init__(self, schema):
        self.name = schema.name.decode()
        self.format = schema.format.decode()
        self.nullable = bool(schema.flags & FLAG_NULLABLE)
        self.metadata = _metadata(schema.metadata)


def _pointer(proxy, ctype):
    return ctypes.cast(int(proxy._getPtr()), ctypes.POINTER(ctype)).contents


def _valid(array, row):
    if not array.buffers[0]:
        return True
    byte = ctypes.string_at(array.buffers[0] + (row >> 3), 1)[0]
    return bool((byte >> (row & 7)) & 1)


def _variable(array, row):
    start, end = struct.unpack("ii", ctypes.string_at(array.buffers[1] + 4 * row, 8))
    assert 0 <= start <= end
    return (
        ctypes.string_at(array.buffers[2] + start, end - start) if end > start else b""
    )


def _value(column, array, row):
    row += array.offset
    if not _valid(array, row):
        return None
    kind = column.format
    if kind == "b":
        byte = ctypes.string_at(array.buffers[1] + (row >> 3), 1)[0]
        return (byte >> (row & 7)) & 1
    if kind in ("u", "z"):
        data = _variable(array, row)
        return data.decode("utf-8") if kind == "u" else data
    code = FIXED.get(kind) or ("q" if kind.startswith("ts") else None)
    assert code, "format %s" % kind
    size = struct.calcsize(code)
    (value,) = struct.unpack(
        code, ctypes.string_at(array.buffers[1] + size * row, size)
    )
    return value


class Stream:
    """The whole stream: `columns`, and `batches` of {name: value} rows."""

    def __init__(self, lyr, *options):
        stream = lyr.GetArrowStream(list(options))
        assert stream is not None
        proxy = stream.GetSchema()
        schema = _pointer(proxy, CSchema)
        assert schema.format == b"+s"
        self.columns = [
            Column(schema.children[i].contents) for i in range(schema.n_children)
        ]
        self.batches = []
        while True:
            proxy_array = stream.GetNextRecordBatch()
            if proxy_array is None:
                break
            self.batches.append(self._rows(_pointer(proxy_array, CArray)))

    def _rows(self, array):
        assert array.n_children == len(self.columns)
        for i in range(array.n_children):
            assert array.children[i].contents.length >= array.length
        return [
            [
                _value(column, array.children[i].contents, row)
                for i, column in enumerate(self.columns)
            ]
            for row in range(array.length)
        ]

    @property
    def rows(self):
        return [row for batch in self.batches for row in batch]

    @property
    def names(self):
        return [column.name for column in self.columns]

    def column(self, name):
        return self.columns[self.names.index(name)]

    def values(self, name):
        index = self.names.index(name)
        return [row[index] for row in self.rows]


def as_ogr(column, value):
    """What OGR's field has for the value: dates and times as in
    cartoconn_util.values."""
    if value is None:
        return None
    if column.format == "tdD":
        day = EPOCH + datetime.timedelta(days=value)
        return (day.year, day.month, day.day, 0, 0, 0.0, 0)
    if column.format == "ttu":
        ms = (value + 500) // 1000
        return (0, 0, 0) + _clock(ms) + (0,)
    if column.format.startswith("tsu:"):
        ms = (value + 500) // 1000
        day = EPOCH + datetime.timedelta(days=ms // 86400000)
        zone = 100 if len(column.format) > 4 else 0
        return (day.year, day.month, day.day) + _clock(ms % 86400000) + (zone,)
    return value


def _clock(ms):
    seconds = struct.unpack("f", struct.pack("f", ms % 60000 / 1000.0))[0]
    return (ms // 3600000, ms // 60000 % 60, seconds)

# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Types of the TDS protocol: how a column is declared and how its values are
written ([MS-TDS] 2.2.5.4 and 2.2.5.5), and what SQL Server's catalog says of
it. Only the Python standard library is needed."""

import datetime
import decimal
import struct
import uuid

# SQL_Latin1_General_CP1_CI_AS; Latin1_General_100_CI_AS_SC_UTF8
LATIN1 = bytes([0x09, 0x04, 0xD0, 0x00, 0x34])
UTF8 = bytes([0x09, 0x04, 0xD0, 0x04, 0x00])

NOT_NULL, NULLABLE = 0, 1


def b_varchar(text):
    return bytes([len(text.encode("utf-16-le")) // 2]) + text.encode("utf-16-le")


def us_varchar(text):
    data = text.encode("utf-16-le")
    return struct.pack("<H", len(data) // 2) + data


def plp(data, chunk=1000):
    """Partially length-prefixed bytes, 2.2.5.2.3."""
    if data is None:
        return b"\xff" * 8
    parts = [struct.pack("<Q", len(data))]
    for start in range(0, len(data), chunk):
        piece = data[start : start + chunk]
        parts.append(struct.pack("<I", len(piece)) + piece)
    return b"".join(parts) + struct.pack("<I", 0)


class Type:
    """A type. `info` is its TYPE_INFO; value() writes a value, None for NULL.
    The rest is a row of sys.dm_exec_describe_first_result_set."""

    def __init__(
        self, info, value, name, number, length=0, precision=0, scale=0, user_type=None
    ):
        self.info = info
        self.value = value
        self.name = name
        self.number = number
        self.length = length
        self.precision = precision
        self.scale = scale
        self.user_type = user_type


class Column:
    def __init__(self, name, kind, nullable=True):
        self.name = name
        self.kind = kind
        self.nullable = nullable

    def metadata(self):
        flags = NULLABLE if self.nullable else NOT_NULL
        return (
            struct.pack("<IH", 0, flags)
            + self.kind.info
            + (table_name() if self.kind.number in (34, 35, 99) else b"")
            + b_varchar(self.name)
        )


def table_name():
    return b"\x01" + us_varchar("t")


def colmetadata(columns):
    return (
        b"\x81"
        + struct.pack("<H", len(columns))
        + b"".join(column.metadata() for column in columns)
    )


def row(columns, values):
    assert len(columns) == len(values)
    return b"\xd1" + b"".join(c.kind.value(v) for c, v in zip(columns, values))


def nbc_row(columns, values):
    """A row whose NULLs are in a bitmap, 2.2.7.14."""
    bitmap = bytearray((len(columns) + 7) // 8)
    for i, value in enumerate(values):
        if value is None:
            bitmap[i // 8] |= 1 << (i % 8)
    return (
        b"\xd2"
        + bytes(bitmap)
        + b"".join(c.kind.value(v) for c, v in zip(columns, values) if v is not None)
    )


# --- numbers


def _short(data):
    """One byte of length, 0 for NULL."""
    return b"\x00" if data is None else bytes([len(data)]) + data


def _packed(code, size, form, name, number, **more):
    return Type(
        bytes([code, size]),
        lambda v: _short(None if v is None else struct.pack(form, v)),
        name,
        number,
        size,
        **more,
    )


def bit():
    return _packed(0x68, 1, "<B", "bit", 104)


def tinyint():
    return _packed(0x26, 1, "<B", "tinyint", 48)


def smallint():
    return _packed(0x26, 2, "<h", "smallint", 52)


def integer():
    return _packed(0x26, 4, "<i", "int", 56)


def bigint():
    return _packed(0x26, 8, "<q", "bigint", 127)


def real():
    return _packed(0x6D, 4, "<f", "real", 59)


def double():
    return _packed(0x6D, 8, "<d", "float", 62)


def fixed_integer():
    """int as servers send it for a column that is NOT NULL."""
    return Type(b"\x38", lambda v: struct.pack("<i", v), "int", 56, 4)


def money():
    def value(v):
        if v is None:
            return b"\x00"
        units = int(decimal.Decimal(v).scaleb(4))
        return b"\x08" + struct.pack("<iI", units >> 32, units & 0xFFFFFFFF)

    return Type(b"\x6e\x08", value, "money", 60, 8, 19, 4)


def smallmoney():
    def value(v):
        units = None if v is None else int(decimal.Decimal(v).scaleb(4))
        return _short(None if v is None else struct.pack("<i", units))

    return Type(b"\x6e\x04", value, "smallmoney", 122, 4, 10, 4)


def numeric(precision, scale, name="decimal"):
    size = 5 if precision < 10 else 9 if precision < 20 else 13
    size = size if precision < 29 else 17

    def value(v):
        if v is None:
            return b"\x00"
        with decimal.localcontext() as context:
            context.prec = 60
            units = int(decimal.Decimal(v).scaleb(scale))
        sign = b"\x00" if units < 0 else b"\x01"
        return _short(sign + abs(units).to_bytes(size - 1, "little"))

    code, number = (0x6A, 106) if name == "decimal" else (0x6C, 108)
    declared = "%s(%d,%d)" % (name, precision, scale)
    return Type(
        bytes([code, size, precision, scale]),
        value,
        declared,
        number,
        size,
        precision,
        scale,
    )


# --- dates and times


def _days(value, epoch):
    return (value - epoch).days


def _clock(value, scale, fraction):
    """A time at its scale; `fraction` is in 100 ns."""
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    ticks = (seconds * 10**7 + fraction) // 10 ** (7 - scale)
    return ticks.to_bytes(3 if scale < 3 else 4 if scale < 5 else 5, "little")


def _split(value):
    """A value as (datetime or time, 100 ns)."""
    if isinstance(value, tuple):
        return value
    return value, value.microsecond * 10


def date():
    def value(v):
        if v is None:
            return b"\x00"
        return _short(_days(v, datetime.date(1, 1, 1)).to_bytes(3, "little"))

    return Type(b"\x28", value, "date", 40, 3)


def time(scale=7):
    def value(v):
        if v is None:
            return b"\x00"
        moment, fraction = _split(v)
        return _short(_clock(moment, scale, fraction))

    return Type(bytes([0x29, scale]), value, "time(%d)" % scale, 41, 5, 16, scale)


def datetime2(scale=7):
    def value(v):
        if v is None:
            return b"\x00"
        moment, fraction = _split(v)
        days = _days(moment.date(), datetime.date(1, 1, 1))
        return _short(_clock(moment, scale, fraction) + days.to_bytes(3, "little"))

    return Type(bytes([0x2A, scale]), value, "datetime2(%d)" % scale, 42, 8, 27, scale)


def datetimeoffset(scale=7):
    """A value is (local datetime, 100 ns, offset in minutes); the wire has
    UTC."""

    def value(v):
        if v is None:
            return b"\x00"
        local, fraction, offset = v
        utc = local - datetime.timedelta(minutes=offset)
        days = _days(utc.date(), datetime.date(1, 1, 1))
        return _short(
            _clock(utc, scale, fraction)
            + days.to_bytes(3, "little")
            + struct.pack("<h", offset)
        )

    return Type(
        bytes([0x2B, scale]), value, "datetimeoffset(%d)" % scale, 43, 10, 34, scale
    )


def datetime_():
    """A value is (date, ticks of 1/300 s)."""

    def value(v):
        if v is None:
            return b"\x00"
        day, ticks = v
        days = _days(day, datetime.date(1900, 1, 1))
        return b"\x08" + struct.pack("<iI", days, ticks)

    return Type(b"\x6f\x08", value, "datetime", 61, 8, 23, 3)


def smalldatetime():
    def value(v):
        if v is None:
            return b"\x00"
        days = _days(v.date(), datetime.date(1900, 1, 1))
        return b"\x04" + struct.pack("<HH", days, v.hour * 60 + v.minute)

    return Type(b"\x6f\x04", value, "smalldatetime", 58, 4, 16, 0)


# --- text and bytes


def _long(data):
    """Two bytes of length, 0xFFFF for NULL."""
    return b"\xff\xff" if data is None else struct.pack("<H", len(data)) + data


def _characters(code, name, number, size, encoding, unit, collation, pad):
    def encode(v):
        if v is None:
            return None
        data = v if isinstance(v, bytes) else v.encode(encoding)
        return data.ljust(size * unit, b" ") if pad and unit == 1 else data

    if size == "max":
        return Type(
            bytes([code]) + b"\xff\xff" + collation,
            lambda v: plp(encode(v)),
            "%s(max)" % name,
            number,
            -1,
        )
    return Type(
        bytes([code]) + struct.pack("<H", size * unit) + collation,
        lambda v: _long(encode(v)),
        "%s(%d)" % (name, size),
        number,
        size * unit,
    )


def varchar(size, encoding="cp1252", collation=LATIN1):
    return _characters(0xA7, "varchar", 167, size, encoding, 1, collation, False)


def char(size):
    return _characters(0xAF, "char", 175, size, "cp1252", 1, LATIN1, True)


def nvarchar(size):
    return _characters(0xE7, "nvarchar", 231, size, "utf-16-le", 2, LATIN1, False)


def nchar(size):
    return _characters(0xEF, "nchar", 239, size, "utf-16-le", 2, LATIN1, False)


def varbinary(size):
    if size == "max":
        return Type(b"\xa5\xff\xff", plp, "varbinary(max)", 165, -1)
    info = b"\xa5" + struct.pack("<H", size)
    return Type(info, _long, "varbinary(%d)" % size, 165, size)


def binary(size):
    info = b"\xad" + struct.pack("<H", size)
    return Type(info, _long, "binary(%d)" % size, 173, size)


def rowversion():
    return Type(b"\xad\x08\x00", _long, "timestamp", 189, 8)


def _blob(encode):
    def value(v):
        if v is None:
            return b"\x00"
        data = encode(v)
        pointer = b"\x10" + b"dummy textptr\0\0\0" + b"dummyTS\0"
        return pointer + struct.pack("<i", len(data)) + data

    return value


def text():
    info = b"\x23" + struct.pack("<i", 0x7FFFFFFF) + LATIN1
    return Type(info, _blob(lambda v: v.encode("cp1252")), "text", 35, 16)


def ntext():
    info = b"\x63" + struct.pack("<i", 0x7FFFFFFE) + LATIN1
    return Type(info, _blob(lambda v: v.encode("utf-16-le")), "ntext", 99, 16)


def image():
    info = b"\x22" + struct.pack("<i", 0x7FFFFFFF)
    return Type(info, _blob(bytes), "image", 34, 16)


def uniqueidentifier():
    return Type(
        b"\x24\x10",
        lambda v: _short(None if v is None else uuid.UUID(v).bytes_le),
        "uniqueidentifier",
        36,
        16,
    )


def xml():
    def value(v):
        return plp(None if v is None else b"\xff\xfe" + v.encode("utf-16-le"))

    return Type(b"\xf1\x00", value, "xml", 241, -1)


def variant():
    """sql_variant: every value an nvarchar."""

    def value(v):
        if v is None:
            return struct.pack("<I", 0)
        data = v.encode("utf-16-le")
        properties = LATIN1 + struct.pack("<H", 8000)
        inner = bytes([0xE7, len(properties)]) + properties + data
        return struct.pack("<I", len(inner)) + inner

    return Type(b"\x62" + struct.pack("<I", 8009), value, "sql_variant", 98, 8016)


def udt(name, assembly="Microsoft.SqlServer.Types"):
    info = (
        b"\xf0\xff\xff"
        + b_varchar("autotest")
        + b_varchar("sys")
        + b_varchar(name)
        + us_varchar("Type, " + assembly)
    )
    return Type(info, plp, None, 240, -1, user_type=name)


def geometry():
    return udt("geometry")


def geography():
    return udt("geography")


# --- CLR spatial values, [MS-SSCLRT] 2.1.1 and 2.1.2: points


def point(srid, first, second, version=1, properties=0x0C, more=()):
    """A point; for geography latitude comes first."""
    return struct.pack("<iBBdd", srid, version, properties, first, second) + b"".join(
        struct.pack("<d", value) for value in more
    )

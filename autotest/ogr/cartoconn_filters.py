# SPDX-License-Identifier: MIT
"""Rows that filters tell apart, for the modules that compare what filters select."""

from cartoconn_server import Expression

TEXTS = [
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "AB",
    "a b",
    "it's",
    "100%",
    "1000",
    "100",
    "a_b",
    "axb",
    "é",
    "É",
    "eé",
    "ß",
    "日本",
    "\U0001F600",
    "",
    " lead",
    "trail ",
    "trail",
    "back\\slash",
    'double"quote',
    "per%cent",
    "line\nbreak",
    "[a]",
    "[b",
    "-5",
    "10",
    "9",
    "null",
    None,
    "z",
    "Z",
    "~",
    "_",
]

COLUMNS = [
    ("id", "integer"),
    ("i", "integer"),
    ("big", "bigint"),
    ("d", "double"),
    ("f", "real"),
    ("n", "decimal(12,3)"),
    ("flag", "boolean"),
    ("s", "text"),
    ("vc", "varchar(20)"),
    ("dt", "date"),
    ("tm", "time"),
    ("ts", "timestamp"),
    ("tz", "timestamptz"),
]


def ids(lyr):
    """What tells the features apart, also where there is no key to be the FID."""
    lyr.ResetReading()
    return [feature["id"] for feature in lyr]


def row(server, k, text):
    """Every seventh row has NULLs."""
    null = k % 7 == 3
    day = "20%02d-%02d-%02d" % (k % 30, k % 12 + 1, k % 28 + 1)
    clock = "%02d:%02d:%02d" % (k % 24, k * 7 % 60, k * 11 % 60)
    zoned = server.timestamp_with_zone("%s %s.250" % (day, clock), "+02:00")
    return [
        k,
        None if null else k - 10,
        None if null else (k - 10) * 10**15,
        None if null else (k - 10) / 4.0,
        None if null else k / 2.0,
        None if null else Expression("%d.%03d" % (k, k * 37 % 1000)),
        None if null else k % 2 == 0,
        text,
        text,
        None if null else day,
        None if null else clock,
        None if null else "%s %s.500" % (day, clock),
        None if null else Expression(zoned),
    ]

# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What the stand-in of Redshift has and answers. Types, text forms and system
views are those of Amazon's Database Developer Guide ("Data types", "Querying
spatial data", "SVV_TABLES", "SVV_COLUMNS") and of its open drivers (OIDs); what
Redshift has not (chapter "Amazon Redshift and PostgreSQL") fails here too.

A statement that the script does not foresee fails."""

import re
import struct

VERSION = "1.0.77467"
VERSION_STRING = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 "
    "20041017 (Red Hat 3.4.2-6.fc3), Redshift " + VERSION
)

BOOL, INT8, INT2, INT4, TEXT, FLOAT4, FLOAT8 = 16, 20, 21, 23, 25, 700, 701
BPCHAR, VARCHAR, DATE, TIME, TIMESTAMP, TIMESTAMPTZ = 1042, 1043, 1082, 1083, 1114, 1184
INTERVALY2M, INTERVALD2S, TIMETZ, NUMERIC = 1188, 1190, 1266, 1700
GEOMETRY, GEOGRAPHY, GEOMETRYHEX, SUPER, VARBYTE = 3000, 3001, 3999, 4000, 6551
ACLITEM = 1033


class Failure(Exception):
    """An error the server answers with."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
        self.text = text


class Hangup(Exception):
    """The connection ends without a word."""


def length(n):
    return n + 4


def decimal(precision, scale):
    return (precision << 16 | scale) + 4


def ewkb(x, y, srid):
    if srid == 0:
        return struct.pack("<BIdd", 1, 1, x, y).hex().upper()
    return struct.pack("<BIIdd", 1, 0x20000001, srid, x, y).hex().upper()


# --- tables: columns (name, OID, typmod), rows of texts


class Table:
    def __init__(self, columns, rows, catalog=None):
        self.columns = columns
        self.rows = rows
        self.catalog = catalog or {}  # name: (is_nullable, default, remarks)
        self.filters = {}  # WHERE clause: rows


TYPES = Table(
    [
        ("b", BOOL, -1),
        ("i2", INT2, -1),
        ("i4", INT4, -1),
        ("i8", INT8, -1),
        ("n", NUMERIC, decimal(12, 3)),
        ("n38", NUMERIC, decimal(38, 0)),
        ("f4", FLOAT4, -1),
        ("f8", FLOAT8, -1),
        ("c", BPCHAR, length(5)),
        ("v", VARCHAR, length(20)),
        ("d", DATE, -1),
        ("t", TIME, -1),
        ("tz", TIMETZ, -1),
        ("ts", TIMESTAMP, -1),
        ("tstz", TIMESTAMPTZ, -1),
        ("iy", INTERVALY2M, -1),
        ("id", INTERVALD2S, -1),
        ("s", SUPER, -1),
        ("vb", VARBYTE, length(10)),
        ("acl", ACLITEM, -1),
    ],
    [
        ["t", "-32768", "-2147483648", "-9223372036854775808", "-123456789.125"]
        + ["9223372036854775807", "1.5", "0.10000000000000001", "ab   ", "é日\U0001F600"]
        + ["2024-02-29", "23:59:59.123456", "12:00:00+02", "2024-02-29 12:00:00.5"]
        + ["2024-02-29 12:00:00.5+00", "1 year 2 mons", "3 days 04:05:06"]
        + ['{"a":[1,"b",null]}', "00ff41", "rdsdb=r/rdsdb"],
        ["f", "32767", "2147483647", "9223372036854775807", "0.001"]
        + ["9" * 38, "NaN", "-Infinity", "     ", "", "0044-03-15 BC", "24:00:00"]
        + ["00:00:00+00", "infinity", "1970-01-01 00:00:00+00", "-1 mons"]
        + ["00:00:00", "null", "", "=r/rdsdb"],
        [None] * 20,
    ],
    {
        "i4": ("NO", "7", ""),
        "v": ("YES", "'x'::character varying", "a remark"),
    },
)

COLLECTION = (
    struct.pack("<BIII", 1, 0x20000007, 4326, 1) + bytes.fromhex(ewkb(7, 8, 0))
).hex()

PLACES = Table(
    [("id", INT4, -1), ("name", VARCHAR, length(20)), ("geom", GEOMETRY, -1)]
    + [("area", GEOGRAPHY, -1), ("other", GEOMETRYHEX, -1)],
    [
        ["1", "Lyon", ewkb(4.8, 45.7, 4326), ewkb(4.8, 45.7, 4326), ewkb(0, 0, 0)],
        ["2", "lyon ", COLLECTION, None, None],
        ["3", "Nantes", ewkb(0, 0, 3857), ewkb(-1.5, 47.2, 4326), ewkb(1, 2, 3857)],
        ["4", "back\\slash", None, None, None],
    ],
)
UPPER, LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def folded(expression, behind):
    return "collate(translate(%s || %s, '%s', '%s'), 'case_sensitive')" % (
        expression,
        behind,
        UPPER,
        LOWER,
    )


def within(column, srid, min_x, min_y, max_x, max_y):
    return (
        "(ST_SRID({c}) NOT IN (0, {srid}) OR (ST_XMax({c}) >= {0} AND "
        "ST_XMin({c}) <= {1} AND ST_YMax({c}) >= {2} AND ST_YMin({c}) <= {3}))"
    ).format(min_x, max_x, min_y, max_y, c='"%s"' % column, srid=srid)


PLACES.filters = {
    "%s = %s" % (folded('"name"', "'.'"), folded("'LYON'", "'.'")): [0],
    "%s = %s"
    % (
        folded('"name"', "'.'"),
        folded("('back' || chr(92) || 'slash')", "'.'"),
    ): [3],
    "%s < %s" % (folded('"name"', "chr(1)"), folded("'m'", "chr(1)")): [0, 1, 3],
    "collate(\"name\" || '.', 'case_sensitive') LIKE 'L%.' ESCAPE '~'": [0],
    folded('"name"', "'.'") + " LIKE 'l%.' ESCAPE '~'": [0, 1],
    '"id" >= 3': [2, 3],
    # The value of another SRID comes along.
    within("geom", 4326, 4, 45, 5, 46): [0, 2],
    within("geom", 4326, 4, 45, 5, 46) + ' AND ("id" >= 3)': [2],
}

POINTS = Table(
    [("geom", GEOMETRY, -1)], [[ewkb(1, 2, 0)], [ewkb(3, 4, 0)], [None]]
)
POINTS.filters = {
    within("geom", 4326, 2, 2, 5, 5): [1],
    within("geom", 25830, 2, 2, 5, 5): [1],
}


class Stream(Table):
    """Rows that are made as they are sent: rows(session)."""

    def __init__(self, make):
        super().__init__([("n", INT4, -1)], [])
        self.make = make


def numbers(count, then=None):
    def make(session):
        for n in range(count):
            yield [str(n)]
            stop_if_cancelled(session)
        if then is not None:
            raise then

    return make


def wait_for_cancel(session):
    """Nothing, until somebody cancels it."""
    session.cancelled.wait(60)
    stop_if_cancelled(session)
    yield ["0"]


def stop_if_cancelled(session):
    if session.cancelled.is_set():
        raise Failure("57014", "Query (4711) cancelled on user's request")


TABLES = {
    "types": TYPES,
    "places": PLACES,
    "points": POINTS,
    "numbers": Stream(numbers(20000)),
    "endless": Stream(numbers(10**9)),
    "slow": Stream(wait_for_cancel),
    "dies": Stream(numbers(5000, Hangup())),
    "fails": Stream(numbers(5000, Failure("XX000", "Disk Full"))),
}
SCHEMAS = {
    "public": sorted(TABLES),
    "empty": [],
    "many": ["t%03d" % i for i in range(501)],
}

# --- queries that are sent as they are

DUPLICATES = "SELECT 1 AS a, 2 AS a, 'x' AS \"A b\""
FORGOTTEN = "SELECT 1 AS forgotten"
QUERIES = {
    DUPLICATES: Table(
        [("a", INT4, -1), ("a", INT4, -1), ("A b", VARCHAR, length(1))],
        [["1", "2", "x"]],
    ),
    FORGOTTEN: Table([("forgotten", INT4, -1)], [["1"]]),
    "SELECT ST_MakePoint(1, 2) AS the_geom": Table(
        [("the_geom", GEOMETRY, -1)], [[ewkb(1, 2, 0)]]
    ),
    r"SELECT 'l\'auto; -- ' AS v": Table([("v", VARCHAR, length(12))], [["l'auto; -- "]]),
}
WRAPPED = {
    'SELECT count(*) FROM (%s\n) AS "cc" ("c1", "c2", "c3")' % DUPLICATES: Table(
        [("count", INT8, -1)], [["1"]]
    ),
    r"""SELECT count(*) FROM (SELECT 'l\'auto; -- ' AS v
) AS "cc" ("c1")""": Table([("count", INT8, -1)], [["1"]]),
}


def forgets(sql):
    """Whether a prepared statement is gone when it is asked about, as behind
    a pooler."""
    return sql == FORGOTTEN


# --- statements

MISSING = [
    (r"\bCOPY\b", "42601", 'syntax error at or near "STDOUT"'),
    (r"\bDECLARE\b", "0A000", "DECLARE CURSOR may only be used in a transaction"),
    (r"pg_extension|spatial_ref_sys", "42P01", "relation does not exist"),
    (r"\b(unnest|to_json|col_description|textsend|has_any_column_privilege)\(",)
    + ("42883", "function does not exist"),
    (r"standard_conforming_strings|bytea_output|statement_timeout_",)
    + ("42704", "unrecognized configuration parameter"),
    (r"\bE'", "42704", 'type "e" does not exist'),
    (r"&&|@>", "42883", "operator does not exist"),
    (r"\bCOLLATE \"", "42601", 'syntax error at or near "COLLATE"'),
]


def set_parameter(session, match):
    if match.group(1) == "extra_float_digits" and int(match.group(2)) > 2:
        raise Failure(
            "22023",
            match.group(2) + ' is outside the valid range for parameter "extra_'
            'float_digits" (-15 .. 2)',
        )
    return None, [], "SET"


def listing(session, schema, limit):
    names = SCHEMAS.get(schema, [])
    return (
        [("table_schema", TEXT, -1), ("table_name", TEXT, -1)],
        [[schema, name] for name in names[: int(limit)]],
        None,
    )


def namespace(session, schema):
    rows = [[schema, None]] if schema in SCHEMAS else []
    return [("nspname", TEXT, -1), ("?column?", 705, -1)], rows, None


def catalog(session, schema, table):
    names = ("column_name", "is_nullable", "column_default", "remarks")
    rows = []
    if table == "points":
        raise Failure("42501", "permission denied for relation svv_columns")
    if schema == "public" and table in TABLES:
        for name, _, _ in TABLES[table].columns:
            known = TABLES[table].catalog.get(name, ("YES", None, None))
            rows.append([name] + list(known))
    return [(name, TEXT, -1) for name in names], rows, None


def table_of(schema, name):
    if schema not in SCHEMAS:
        raise Failure("3F000", 'schema "%s" does not exist' % schema)
    if name not in TABLES or schema != "public":
        raise Failure("42P01", 'relation "%s.%s" does not exist' % (schema, name))
    return TABLES[name]


def srid_of(value):
    data = bytes.fromhex(value)
    kind, srid = struct.unpack_from("<II", data, 1)
    return srid if kind & 0x20000000 else 0


def first_srid(session, match):
    table = table_of(match.group(2), match.group(3))
    at = [c[0] for c in table.columns].index(match.group(1))
    srids = [[str(srid_of(row[at]))] for row in table.rows[:100] if row[at]]
    return [("s", INT4, -1)], srids[:1], None


EXTENT = (
    'count(*), min(ST_XMin("geom")), min(ST_YMin("geom")), max(ST_XMax("geom")), '
    'max(ST_YMax("geom")), min(ST_SRID("geom")), max(ST_SRID("geom"))'
)
EXTENTS = {
    "places": ["4", "0", "0", "7", "45.7", "3857", "4326"],
    "points": ["3", "1", "2", "3", "4", "0", "0"],
}


def select(session, match):
    items, schema, name, condition = match.groups()
    table = table_of(schema, name)
    if condition is None:
        rows = table.make(session) if isinstance(table, Stream) else table.rows
    elif condition in table.filters:
        rows = [table.rows[i] for i in table.filters[condition]]
    else:
        raise Failure("XX000", "the script has no answer to " + condition)
    if items == "count(*)":
        return [("count", INT8, -1)], [[str(len(list(rows)))]], None
    if items == EXTENT:
        columns = [("count", INT8, -1)] + [("e", FLOAT8, -1)] * 6
        return columns, [EXTENTS[name]], None
    if items == "*":
        return table.columns, rows, None
    if items == "1":
        return [("?column?", INT4, -1)], (["1"] for _ in rows), None
    names = ['"%s"' % c[0] for c in table.columns]
    unknown = set(items.split(", ")) - set(names)
    if unknown:
        raise Failure("42703", "column %s does not exist" % unknown.pop())
    picked = [names.index(item) for item in items.split(", ")]
    return (
        [table.columns[i] for i in picked],
        ([row[i] for i in picked] for row in rows),
        None,
    )


def described(session, match):
    return plan(session, match.group(1), ())[0], [], None


PATTERNS = [
    (r"(BEGIN|ROLLBACK|COMMIT)\b.*", lambda s, m: (None, [], m.group(1))),
    (r"SET LOCAL (\w+) TO '?(\w+)'?", set_parameter),
    (
        r'SELECT s FROM \(SELECT ST_SRID\("(\w+)"\) AS s FROM "(\w+)"\."(\w+)" '
        r"LIMIT 100\) AS t WHERE s IS NOT NULL LIMIT 1",
        first_srid,
    ),
    (r"SELECT \* FROM \((.*)\n\) AS cc LIMIT 0", described),
    (r'SELECT (.*) FROM "(\w+)"\."(\w+)"(?: WHERE (.*))?', select),
]


def plan(session, sql, values):
    """(columns or None, rows, tag) of a statement; raises Failure."""
    for pattern, code, text in MISSING:
        if re.search(pattern, sql):
            raise Failure(code, text)
    if sql == "SELECT version()":
        return [("version", TEXT, -1)], [[VERSION_STRING]], None
    known = QUERIES.get(sql) or WRAPPED.get(sql)
    if known is not None:
        return known.columns, known.rows, None
    if "FROM svv_tables " in sql:
        limit = re.search(r"LIMIT (\d+)$", sql).group(1)
        return listing(session, values[0] if values else "", limit)
    if "FROM pg_namespace " in sql:
        return namespace(session, values[0] if values else "")
    if "FROM svv_columns " in sql:
        return catalog(session, *(values or ("", "")))
    for pattern, answer in PATTERNS:
        match = re.fullmatch(pattern, sql, re.DOTALL)
        if match:
            return answer(session, match)
    raise Failure("42601", "the script has no answer to " + sql)

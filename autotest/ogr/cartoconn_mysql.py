# SPDX-License-Identifier: MIT
"""MariaDB and Oracle's MySQL for the conformance suite. Statements are run by the
client program of either."""

import os
import shutil
import subprocess

import pytest
from cartoconn_server import NumbersTable, Server

from osgeo import ogr

DIGITS = "(SELECT 0 AS d %s) AS %%s" % " ".join(
    "UNION ALL SELECT %d" % d for d in range(1, 10)
)


class MySQL(Server):
    provider = "mysql"
    label = "MySQL"
    longest_name = 64
    quotes = "``"
    case_sensitive_names = False
    refused_names = (" a ", "\U0001F600")
    stores_z_and_m = False
    stores_curves = False
    stores_surfaces = False
    stores_empty = False
    types = {
        "smallint": "smallint",
        "integer": "int",
        "bigint": "bigint",
        "boolean": "bit(1)",
        "real": "float",
        "double": "double",
        "decimal(12,3)": "decimal(12,3)",
        "decimal(9)": "decimal(9)",
        "decimal(18)": "decimal(18)",
        "decimal(38)": "decimal(38)",
        "text": "longtext",
        "varchar(20)": "varchar(20)",
        "binary": "longblob",
        "date": "date",
        "time": "time(6)",
        "timestamp": "datetime(6)",
        "timestamptz": "timestamp(6) NULL",
    }

    def __init__(self, connector):
        super().__init__(connector)
        self.numbers = NumbersTable(self, DIGITS)

    def run(self, sql):
        return run_mysql(self.base["connection"], sql)

    def create_schema(self):
        self.run("CREATE DATABASE %s" % self.quote(self.schema))

    def drop_schema(self):
        self.run("DROP DATABASE %s" % self.quote(self.schema))
        if self.numbers.made_by(self):
            self.run("DROP DATABASE %s" % self.quote(self.numbers.schema))

    def geometry_type(self, kind="GEOMETRY", srid=4326):
        return kind if srid is None else "%s REF_SYSTEM_ID=%d" % (kind, srid)

    def geometry(self, wkt, srid=4326):
        """By its WKB: of WKT the servers do not read all."""
        wkb = ogr.CreateGeometryFromWkt(wkt).ExportToIsoWkb(ogr.wkbNDR)
        return "ST_GeomFromWKB(%s, %d)" % (self.binary(bytes(wkb)), srid)

    def binary(self, data):
        return "x'%s'" % data.hex()

    def literal(self, value):
        if isinstance(value, str):
            value = value.replace("\\", "\\\\")
        return super().literal(value)

    def series(self, count, *expressions):
        """Rows of a table of numbers: recursion ends at 1000, and an ORDER BY
        would keep the driver from filtering there."""
        return self.numbers.series(count, expressions)

    def text_of(self, expression):
        return "CAST(%s AS CHAR)" % expression

    def timestamp_with_zone(self, text, offset):
        """A TIMESTAMP holds the years 1970 to 2038; others are moved there."""
        year = int(text[:4])
        if not 1970 < year < 2038:
            text = "%04d%s" % (1972 + year % 16 * 4, text[4:])
        return "CONVERT_TZ('%s', '%s', '+00:00')" % (text, offset)


class MySQL9(MySQL):
    """Oracle's, which knows geographic SRSs and enforces declared ones."""

    def geometry_type(self, kind="GEOMETRY", srid=4326):
        return kind if srid is None else "%s SRID %d" % (kind, srid)

    def geometry(self, wkt, srid=4326):
        return super().geometry(wkt, srid)[:-1] + ", 'axis-order=long-lat')"


def is_mariadb(mysql):
    return type(mysql) is MySQL


def mysql_program():
    path = shutil.which("mariadb") or shutil.which("mysql")
    if path is None:
        pytest.skip("neither mariadb nor mysql, the program, is installed")
    return path


def run_mysql(connection, sql, database=None):
    """Runs SQL with the client program; what it prints, without headers."""
    done = subprocess.run(
        [
            mysql_program(),
            "--no-defaults",
            "--batch",
            "--skip-column-names",
            "--default-character-set=utf8mb4",
            "--max-allowed-packet=64M",
            "--init-command=SET time_zone = '+00:00'",
            "--protocol=tcp",
            "--host=" + connection["server"],
            "--port=%s" % connection.get("port", 3306),
            "--user=" + connection["username"],
        ]
        + ([database] if database else []),
        input=sql,
        env=dict(os.environ, MYSQL_PWD=connection.get("password", "")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

# SPDX-License-Identifier: MIT
"""Fills fakesnow, by Snowflake's own connector: fakesnow_fill.py PORT"""

import sys

import snowflake.connector

STATEMENTS = [
    "CREATE DATABASE IF NOT EXISTS cartoconn",
    "CREATE SCHEMA IF NOT EXISTS cartoconn.public",
    "USE SCHEMA cartoconn.public",
    "CREATE OR REPLACE TABLE cartoconn_t (id int NOT NULL, "
    "price number(12, 2), r float, b boolean, s varchar(20), d date, "
    "ntz timestamp_ntz, tz timestamp_tz, v variant, the_geom varchar)",
    "INSERT INTO cartoconn_t SELECT 1, 12.5, 1.5, true, 'h\u00e9', "
    "'2024-02-29'::date, '2024-02-29 01:02:03.123456'::timestamp_ntz, "
    "'2024-02-29 01:02:03+02:00'::timestamp_tz, parse_json('{\"a\":1}'), "
    "'POINT (1 2)'",
    "INSERT INTO cartoconn_t (id) VALUES (2)",
]


def main():
    connection = snowflake.connector.connect(
        user="user", password="secret", account="fakesnow", host="127.0.0.1",
        port=int(sys.argv[1]), protocol="http", database="CARTOCONN",
        schema="PUBLIC")
    cursor = connection.cursor()
    for statement in STATEMENTS:
        cursor.execute(statement)


if __name__ == "__main__":
    main()

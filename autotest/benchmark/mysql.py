# SPDX-License-Identifier: MIT
"""MySQL (MariaDB): reading and importing, beside GDAL's MySQL driver, the
client and pgloader. All in clear text, as the peers do without being asked,
but for the one that says so.

Environment: BENCH_READER (read_layer_bench), BENCH_PG (a libpq connection
string), BENCH_CONNECTOR (connector JSON without a table), BENCH_DIR, ROUNDS.
"""

import json
import os

from drivers import PLAIN, load, ours, peer, source
from measure import Case, run_group

PG = os.environ["BENCH_PG"]
FOLDER = os.environ["BENCH_DIR"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
LARGE = int(os.environ["BENCH_LARGE_ROWS"])
CONNECTOR = json.loads(os.environ["BENCH_CONNECTOR"])
CONNECTION = CONNECTOR["connection"]
SOURCE = (
    "MYSQL:{database},host={server},port={port},user={username},password={password}"
)
SOURCE = SOURCE.format(**CONNECTION)


def connector(table, sslmode="disable"):
    return dict(CONNECTOR, table=table, connection=dict(CONNECTION, sslmode=sslmode))


def gdal(mode, table, rows):
    return peer("GDAL MySQL", mode, f"{SOURCE},tables={table}", rows)


def client(table, rows):
    """Rows as they come, as text."""
    command = ["mariadb", "--no-defaults", "--quick", "--skip-ssl", "--batch"]
    command += ["-h", CONNECTION["server"], "-P", str(CONNECTION["port"])]
    command += ["-u", CONNECTION["username"], CONNECTION["database"]]
    command += ["-e", "SELECT * FROM " + table]
    shell = ["sh", "-c", '"$@" > /dev/null', "sh"] + command
    env = {"MYSQL_PWD": CONNECTION["password"]}
    return Case("mysql --quick > /dev/null", shell, rows, env=env)


LOAD_FILE = """LOAD DATABASE
 FROM mysql://{username}:{password}@{server}:{port}/{database}
 INTO pgsql://{pg[user]}:{pg[password]}@{pg[host]}:{pg[port]}/{pg[dbname]}
 WITH include drop, create tables, create no indexes, no foreign keys,
      reset no sequences
 SET PostgreSQL PARAMETERS search_path to 'public, {database}'
 CAST column points.the_geom to geometry
 INCLUDING ONLY TABLE NAMES MATCHING 'points';
"""


def pgloader():
    """What it makes of the table, its geometry as PostGIS's."""
    path = os.path.join(FOLDER, "points.load")
    pg = dict(pair.split("=") for pair in PG.split())
    with open(path, "w") as file:
        file.write(LOAD_FILE.format(pg=pg, **CONNECTION))
    command = ["pgloader", "--quiet", "--root-dir", FOLDER, path]
    return Case("pgloader", command, ROWS)


def reading():
    reference = gdal("feature", "points", ROWS)
    tls = connector("points", "require")
    cases = [
        reference,
        gdal("arrow", "points", ROWS),
        ours("feature", connector("points"), ROWS),
        ours("arrow", connector("points"), ROWS),
        ours("feature", tls, ROWS, name="CARTOCONN, features, TLS"),
        client("points", ROWS),
    ]
    run_group(f"MySQL: reading {ROWS:,} rows × 13 columns", cases, reference, ROUNDS)


def importing():
    native = [SOURCE, "points", "-a_srs", "EPSG:4326"]
    reference = load("GDAL MySQL → PostGIS", PG, native, ROWS, PLAIN)
    cases = [
        reference,
        load("CARTOCONN → PostGIS", PG, source(connector("points")), ROWS),
        pgloader(),
    ]
    title = f"MySQL: ogr2ogr, {ROWS:,} rows into PostGIS"
    run_group(title, cases, reference, ROUNDS)


def memory():
    unlimited = {"CARTOCONN_MAX_ROWS": str(LARGE)}
    large = connector("points_large")
    reference = gdal("feature", "points_large", LARGE)
    cases = [
        reference,
        ours("feature", large, LARGE, env=unlimited),
        ours("arrow", large, LARGE, env=unlimited),
    ]
    run_group(f"MySQL: memory at {LARGE:,} rows", cases, reference, 1)


if __name__ == "__main__":
    reading()
    importing()
    memory()

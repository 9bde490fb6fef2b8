#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL through pgbouncer, whose sessions are not the driver's own."""

import os
import shutil
import subprocess

import pytest
from cartoconn_servers import postgres  # noqa: F401
from cartoconn_util import (  # noqa: F401
    closed_port,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    refuse,
    run_ogr2ogr,
    wait_until,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


@pytest.fixture(scope="module")
def pooler(postgres, tmp_path_factory):
    """pgbouncer in transaction mode."""
    path = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:" + os.environ["PATH"])
    if path is None:
        pytest.skip("pgbouncer is not installed")
    folder = tmp_path_factory.mktemp("pgbouncer")
    connection, port = postgres.base["connection"], closed_port()
    users = folder / "users.txt"
    users.write_text('"%s" "%s"\n' % (connection["username"], connection["password"]))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        """[databases]
{database} = host={server} port={port} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = 3
server_tls_sslmode = prefer
unix_socket_dir =
logfile = {log}
pidfile =
""".format(
            own=port, users=users, log=folder / "log", **connection
        )
    )
    command = [path, str(settings)]
    if os.getuid() == 0:
        for name in (folder, users, settings):
            shutil.chown(str(name), "postgres")
        for parent in list(folder.parents)[:2]:
            os.chmod(str(parent), 0o755)
        command = ["runuser", "-u", "postgres", "--"] + command
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wanted = postgres.connector({"port": port, "sslmode": "prefer"})

        def answers():
            with messages():
                return open_query_quietly(wanted)

        wait_until(answers)
        yield wanted
    finally:
        process.terminate()
        process.wait(timeout=10)


def open_query_quietly(connector):
    connector = dict(connector, sql_query="SELECT 1 AS a", import_as="q")
    return open_connector(connector) is not None


def test_postgres_pooler(postgres, pooler):
    postgres.fill("pooled", postgres.series(20000, "n AS a", "n::text AS b"))
    with messages() as said:
        ds = open_connector(dict(pooler, table="pooled"))
        lyr = ds.GetLayer(0)
        assert lyr.GetFeatureCount() == 20000
        assert [f["a"] for f in lyr] == list(range(1, 20001))
        lyr.SetAttributeFilter("b LIKE '19_'")
        assert len([f for f in lyr]) == 10
    said.assert_quiet()


def test_postgres_pooler_in_turns(postgres, pooler):
    """Sessions are not ours: what one leaves must not meet another."""
    with messages() as said:
        datasets = [
            open_query(pooler, "SELECT n FROM generate_series(1, 2000) n")
            for _ in range(3)
        ]
        for i in range(2000):
            assert [lyr.GetNextFeature()["n"] for _, lyr in datasets] == [i + 1] * 3
        datasets = None
        for _ in range(10):
            ds, lyr = open_query(pooler, "SELECT 5 AS a")
            assert [f["a"] for f in lyr] == [5]
    said.assert_quiet()


def test_postgres_pooler_ogr2ogr(postgres, pooler, tmp_path):
    connector = dict(pooler, sql_query="SELECT 5 AS a, 'x' AS b", import_as="q")
    done = run_ogr2ogr(connector, tmp_path / "out.csv")
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "out.csv").read_text().replace('"', "")
    assert text.split() == ["a,b", "5,x"]


def test_postgres_pooler_truncates(postgres, pooler):
    sql = (
        "SELECT n, repeat('x', 200) AS t "
        "FROM (SELECT generate_series(1, 1000000000) AS n) x"
    )
    with messages() as said:
        ds, lyr = open_query(pooler, sql, max_rows=1000)
        assert len([f for f in lyr]) == 1000
    assert "truncated at 1000 rows" in said.warning
    assert not said.failures


def test_postgres_pooler_wrong_password(pooler):
    wrong = dict(pooler["connection"], password="wr0ng")
    failure = refuse(dict(pooler, connection=wrong, table="t"))
    assert failure.startswith("PostgreSQL, login failed")

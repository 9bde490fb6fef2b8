#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: logins, TLS, what breaks while it is read, time limits,
cancellation. The server is scripted from [MS-TDS]."""

import json
import os
import shutil
import subprocess
import time

import pytest
from cartoconn_tds import (
    PASSWORD,
    Column,
    Relation,
    numbers,
    scripted,
    t,
    table_of,
    tds_server,
)
from cartoconn_util import (  # noqa: F401
    closed_port,
    config,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
    silent_server,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


def refused(connector):
    """The failure, and how long it took; the password is nowhere."""
    begin = time.monotonic()
    with config(CPL_DEBUG="ON"):
        with messages() as said:
            assert open_connector(connector) is None
    seconds = time.monotonic() - begin
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1]):
        assert secret not in said.everything
    return said.failure, seconds


def read(connector, **options):
    """(rows that came, what was said) of the first layer."""
    rows = []
    with messages() as said:
        ds = open_connector(connector, **options)
        assert ds is not None, list(said)
        for feature in ds.GetLayer(0):
            rows.append(feature.GetField(0))
    return rows, said


N = [Column("n", t.integer(), False)]


def endless(before, then):
    """`before` rows, then what a script may yield, then more rows."""

    def rows():
        for i in range(before):
            yield (i,)
        yield then
        for i in range(10**6):
            yield (before + i,)

    return table_of(N, rows)


###############################################################################
# Login


def test_sqlserver_password():
    with scripted(numbers(1), password=PASSWORD) as server:
        assert read(server.table())[0] == [1]
        failure, _ = refused(server.table({"password": PASSWORD + "x"}))
        assert failure.startswith("SQL Server, login failed (18456)"), failure
        assert "Login failed for user 'reader'" in failure
        assert '"password"' in failure


def test_sqlserver_no_password():
    with scripted(numbers(1), password="") as server:
        assert read(server.table({"password": None}))[0] == [1]


def test_sqlserver_password_too_long_for_the_protocol():
    with scripted(numbers(1)) as server:
        failure, _ = refused(server.table({"password": PASSWORD * 20}))
    assert "password" in failure and "long" in failure


@pytest.mark.parametrize(
    "number,text",
    [
        (4060, 'Cannot open database "%s" requested by the login.'),
        (911, 'database "%s" does not exist'),
    ],
)
def test_sqlserver_database_that_does_not_exist(number, text):
    """As SQL Server says it, and as Babelfish does."""

    def refuse_login(login):
        return tds_server.error(
            number, text % login.database, severity=11
        ) + tds_server.failed(18456, "Login failed for user 'reader'.", severity=14)

    with scripted(numbers(1), refuse=refuse_login) as server:
        failure, _ = refused(server.table())
    assert failure.startswith("SQL Server, login failed (%d)" % number)
    assert text % "autotest" in failure
    assert 'Check "database"' in failure


def test_sqlserver_refused_port():
    port = closed_port()
    with scripted(numbers(1)) as server:
        failure, seconds = refused(server.table({"port": port}))
    assert failure.startswith("SQL Server, connect failed"), failure
    assert "refused" in failure and str(port) in failure and "127.0.0.1" in failure
    assert seconds < 5


def test_sqlserver_unknown_host():
    with scripted(numbers(1)) as server:
        failure, _ = refused(server.table({"server": "no-such-host.invalid"}))
    assert failure.startswith("SQL Server, resolve failed"), failure
    assert "no-such-host.invalid" in failure


def test_sqlserver_configuration_file_is_gone(tmp_path):
    with config(CPL_DEBUG="OFF"):
        os.environ["TMPDIR"] = str(tmp_path)
        try:
            with scripted(numbers(1), password="x") as server:
                refused(server.table())
                assert read(server.table({"password": "x"}))[0] == [1]
            assert [p for p in tmp_path.iterdir() if p.is_file()] == []
        finally:
            del os.environ["TMPDIR"]


###############################################################################
# TLS


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A folder with an authority, a certificate of 127.0.0.1 and localhost,
    and an authority that signed nothing."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = str(tmp_path_factory.mktemp("tls"))

    def openssl(*arguments):
        subprocess.run(
            ("openssl",) + arguments, cwd=folder, check=True, capture_output=True
        )

    for name in ("ca", "other-ca"):
        openssl(
            *"req -x509 -newkey rsa:2048 -nodes -days 2".split(),
            *("-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".crt"),
        )
    with open(os.path.join(folder, "extensions"), "w") as file:
        file.write("subjectAltName = DNS:localhost, IP:127.0.0.1\n")
    openssl(
        *"req -newkey rsa:2048 -nodes -subj /CN=localhost".split(),
        *("-keyout", "server.key", "-out", "server.csr"),
    )
    openssl(
        *"x509 -req -in server.csr -days 2 -CA ca.crt -CAkey ca.key".split(),
        *"-set_serial 7 -extfile extensions -out server.crt".split(),
    )
    return folder


@pytest.mark.parametrize(
    "mode,encrypted",
    [("disable", 0), ("prefer", 0), (None, 0), ("require", 1)],
)
def test_sqlserver_sslmode(tls, mode, encrypted):
    """ "prefer" encrypts the login, and the session if the server insists."""
    with scripted(numbers(3), tls=tls) as server:
        assert read(server.table({"sslmode": mode}))[0] == [1, 2, 3]
        (login,) = server.server.notes("login ")
    assert "encrypted=%d" % encrypted in login


def test_sqlserver_server_insists_on_tls(tls):
    with scripted(numbers(3), tls=tls, insists=True) as server:
        assert read(server.table())[0] == [1, 2, 3]
        (login,) = server.server.notes("login ")
    assert "encrypted=1" in login


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full", "require"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_sqlserver_verified(tls, mode, host):
    ca = os.path.join(tls, "ca.crt")
    with scripted(numbers(3), tls=tls) as server:
        connection = {"sslmode": mode, "sslrootcert": ca, "server": host}
        assert read(server.table(connection))[0] == [1, 2, 3]


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full", "require"])
def test_sqlserver_wrong_authority(tls, mode):
    other = os.path.join(tls, "other-ca.crt")
    with scripted(numbers(3), tls=tls) as server:
        connection = {"sslmode": mode, "sslrootcert": other, "server": "localhost"}
        failure, _ = refused(server.table(connection))
        assert not server.server.notes("login ")
    assert failure.startswith("SQL Server, TLS failed"), failure
    assert "sslrootcert" in failure


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_sqlserver_system_authorities(tls, mode):
    with scripted(numbers(3), tls=tls) as server:
        connection = {"sslmode": mode, "server": "localhost"}
        failure, _ = refused(server.table(connection))
    assert failure.startswith("SQL Server, TLS failed"), failure


def test_sqlserver_missing_authority_file(tls):
    with scripted(numbers(3), tls=tls) as server:
        connection = {"sslmode": "verify-ca", "sslrootcert": "/nowhere/ca.crt"}
        failure, _ = refused(server.table(connection))
    assert failure.startswith("SQL Server, ")
    assert "sslrootcert" in failure


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_sqlserver_server_without_tls(mode):
    with scripted(numbers(3)) as server:
        failure, _ = refused(server.table({"sslmode": mode}))
        assert not server.server.notes("login ")
    assert failure.startswith("SQL Server, TLS failed"), failure
    assert mode in failure


def test_sqlserver_wrong_name(tls):
    """Only verify-full looks at it."""
    ca = os.path.join(tls, "ca.crt")
    connection = {"sslrootcert": ca, "server": "127.0.0.2"}
    with scripted(numbers(3), tls=tls, address="127.0.0.2") as server:
        known = dict(connection, sslmode="verify-ca")
        assert read(server.table(known))[0] == [1, 2, 3]
        failure, _ = refused(server.table(dict(connection, sslmode="verify-full")))
    assert failure.startswith("SQL Server, TLS failed"), failure


def test_sqlserver_large_result_in_tls(tls):
    with scripted(numbers(30000), tls=tls) as server:
        rows, _ = read(server.table({"sslmode": "require"}))
    assert rows == list(range(1, 30001))


###############################################################################
# What breaks


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("before", [0, 1, 5000])
def test_sqlserver_connection_dies(before, reset):
    with scripted(endless(before, tds_server.Drop(reset))) as server:
        rows, said = read(server.table())
    assert rows == list(range(len(rows))) and len(rows) <= before
    assert said.failure.startswith("SQL Server, fetch failed"), list(said)


def test_sqlserver_server_is_killed():
    with scripted(endless(5000, tds_server.Pause(30))) as server:
        with messages() as said:
            ds = open_connector(server.table())
            lyr = ds.GetLayer(0)
            count = 0
            while lyr.GetNextFeature() is not None:
                count += 1
                if count == 1000:
                    server.server.kill()
    assert count <= 5000
    assert said.failure.startswith("SQL Server, fetch failed"), list(said)


def test_sqlserver_ogr2ogr_fails_when_the_server_dies(tmp_path):
    with scripted(endless(3000, tds_server.Drop())) as server:
        name = tmp_path / "c.json"
        name.write_text(json.dumps(server.table()))
        done = run_program("ogr2ogr", "-f", "CSV", "/vsistdout/", "CARTOCONN:%s" % name)
    assert done.returncode != 0
    assert "fetch failed" in done.stdout


def test_sqlserver_error_within_the_rows():
    def rows():
        for i in range(700):
            yield (i,)
        yield tds_server.failed(8134, "Divide by zero error encountered.")

    with scripted(table_of(N, rows)) as server:
        found, said = read(server.table())
    assert found == list(range(len(found)))
    assert said.failure.startswith("SQL Server, fetch failed (8134)"), list(said)
    assert "Divide by zero" in said.failure


def test_sqlserver_error_after_the_rows():
    """An error of a later statement of the batch is one of the query."""
    sql = "SELECT n FROM u; RAISERROR('late', 16, 1)"
    relation = Relation(N, [(1,)])

    def answer(session):
        tokens = list(relation.select([0], 0))
        tokens[-1] = tds_server.done(tds_server.MORE | tds_server.COUNT, 1)
        return tokens + [tds_server.failed(50000, "late")]

    with scripted({sql: relation}, {sql: answer}) as server:
        rows, said = read(server.query(sql))
    assert rows == [1]
    assert "(50000)" in said.failure and "late" in said.failure


def test_sqlserver_further_results_are_ignored():
    sql = "SELECT n FROM u; SELECT 1; SELECT 2"
    relation = Relation(N, [(1,), (2,)])

    def answer(session):
        tokens = []
        for i in range(3):
            tokens += list(relation.select([0], 0))
            more = tds_server.MORE if i < 2 else 0
            tokens[-1] = tds_server.done(more | tds_server.COUNT, 2)
        return tokens

    with scripted({sql: relation}, {sql: answer}) as server:
        rows, said = read(server.query(sql))
    assert rows == [1, 2]
    said.assert_quiet()


def test_sqlserver_results_before_the_rows():
    """Statements without rows before the SELECT."""
    sql = "DECLARE @t TABLE (n int); INSERT @t VALUES (1); SELECT n FROM @t"
    relation = Relation(N, [(1,)])

    def answer(session):
        yield tds_server.done(tds_server.MORE)
        yield tds_server.info(0, "a notice")
        yield tds_server.done(tds_server.MORE | tds_server.COUNT, 1)
        yield from relation.select([0], 0)

    with scripted({sql: relation}, {sql: answer}) as server:
        rows, said = read(server.query(sql))
    assert rows == [1]
    said.assert_quiet()


def test_sqlserver_garbage():
    with scripted(endless(10, b"\x00garbage")) as server:
        rows, said = read(server.table())
    assert said.failure.startswith("SQL Server, fetch failed"), list(said)


def test_sqlserver_syntax_error():
    with scripted(numbers(1)) as server:
        failure = refuse(server.query("SELEC 1"))
    assert failure.startswith("SQL Server, query failed (208)")


def test_sqlserver_secret_in_the_servers_words():
    sql = "SELECT 1 AS n"
    answer = [tds_server.failed(50000, "you said %s" % PASSWORD)]
    with scripted({sql: Relation(N, [(1,)])}, {sql: answer}) as server:
        _, said = read(server.query(sql))
    assert "you said ***" in said.failure
    assert PASSWORD not in said.everything


def test_sqlserver_result_that_changed_since():
    """More columns than were described."""
    sql = "SELECT n FROM u"
    columns = N + [Column("m", t.integer())]
    answer = list(tds_server.result(columns, [(1, 2)]))
    with scripted({sql: Relation(N, [(1,)])}, {sql: answer}) as server:
        rows, said = read(server.query(sql))
    assert rows == []
    assert "2 columns" in said.failure and "1" in said.failure


###############################################################################
# Time limits


def test_sqlserver_connect_timeout_of_a_silent_server():
    with silent_server() as port:
        with scripted(numbers(1)) as server:
            connection = {"port": port, "connect_timeout": 2}
            failure, seconds = refused(server.table(connection))
    assert failure.startswith("SQL Server, timeout"), failure
    assert "2 s" in failure and "connect_timeout" in failure
    assert 1.5 < seconds < 3.5


@pytest.mark.parametrize("step", ["SET TEXTSIZE", "set textsize"])
def test_sqlserver_connect_timeout_after_the_login(step):
    """The session's first statements are part of the login."""

    def answer(session, sql):
        if sql.startswith(step):
            return [tds_server.DeafPause(30)]
        return [tds_server.done()]

    with scripted(script=answer) as server:
        failure, seconds = refused(server.table({"connect_timeout": 2}))
    assert failure.startswith("SQL Server, timeout"), failure
    assert 1.5 < seconds < 3.5


def test_sqlserver_connect_timeout_of_a_trickling_server():
    def answer(session, sql):
        yield tds_server.info(1, "patience")
        for _ in range(40):
            yield tds_server.Pause(0.25)
            yield tds_server.info(1, "patience")

    with scripted(script=answer) as server:
        failure, seconds = refused(server.table({"connect_timeout": 2}))
    assert failure.startswith("SQL Server, timeout"), failure
    assert 1.5 < seconds < 3.5


@pytest.mark.parametrize("before", [0, 1000])
def test_sqlserver_query_timeout(before):
    with scripted(endless(before, tds_server.DeafPause(30))) as server:
        begin = time.monotonic()
        rows, said = read(server.table({"query_timeout": 2}))
        seconds = time.monotonic() - begin
    assert len(rows) == before
    assert said.failure.startswith("SQL Server, timeout"), list(said)
    assert "2 s" in said.failure and "query_timeout" in said.failure
    assert 1.5 < seconds < 5


def test_sqlserver_query_timeout_of_rows_that_go_on():
    """Rows now and then do not extend the time."""

    def rows():
        for i in range(10**6):
            yield (i,)
            yield tds_server.Pause(0.2)

    with scripted(table_of(N, rows)) as server:
        begin = time.monotonic()
        found, said = read(server.table({"query_timeout": 2}))
        seconds = time.monotonic() - begin
    assert 5 <= len(found) <= 20
    assert said.failure.startswith("SQL Server, timeout"), list(said)
    assert seconds < 5


def test_sqlserver_a_slow_reader_does_not_time_out():
    with scripted(numbers(60000)) as server:
        ds = open_connector(server.table({"query_timeout": 1}))
        lyr = ds.GetLayer(0)
        assert lyr.GetNextFeature().GetField(0) == 1
        time.sleep(2.5)
        with messages() as said:
            count = 1
            while lyr.GetNextFeature() is not None:
                count += 1
    assert count == 60000
    said.assert_quiet()


###############################################################################
# Slow results, cancellation


def test_sqlserver_rows_arrive_as_they_come():
    """The first rows are there while the server still thinks."""

    def rows():
        yield (1,)
        yield (2,)
        yield tds_server.Pause(3)
        yield (3,)

    with scripted(table_of(N, rows)) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        begin = time.monotonic()
        assert lyr.GetNextFeature().GetField(0) == 1
        assert lyr.GetNextFeature().GetField(0) == 2
        assert time.monotonic() - begin < 1
        assert lyr.GetNextFeature().GetField(0) == 3
        assert time.monotonic() - begin > 2
        assert lyr.GetNextFeature() is None


def close_in_mid_read(server):
    """The seconds that it takes."""
    ds = open_connector(server.table())
    lyr = ds.GetLayer(0)
    assert lyr.GetNextFeature().GetField(0) == 0
    begin = time.monotonic()
    del lyr
    ds = None
    return time.monotonic() - begin


def test_sqlserver_closing_cancels():
    """An attention reaches the server, which stops sending."""
    relations = endless(100000, tds_server.Pause(0))
    with scripted(relations) as server:
        assert close_in_mid_read(server) < 1.5
        assert "attention" in server.server.notes()


def test_sqlserver_rewinding_cancels_and_goes_on():
    with scripted(endless(100000, tds_server.Pause(0))) as server:
        ds = open_connector(server.table())
        lyr = ds.GetLayer(0)
        for _ in range(3):
            lyr.ResetReading()
            assert [lyr.GetNextFeature().GetField(0) for _ in range(5)] == [*range(5)]
        # the connection served again
        assert len(server.server.notes("login ")) == 1
        assert server.server.notes().count("attention") == 2


@pytest.mark.parametrize("hears", [True, False])
def test_sqlserver_closing_while_the_server_is_silent(hears):
    """Whether or not it listens."""
    relations = endless(300, tds_server.Pause(20) if hears else DEAF)
    with scripted(relations, hears=hears) as server:
        assert close_in_mid_read(server) < 2


DEAF = tds_server.DeafPause(20)


def test_sqlserver_closing_a_server_that_ignores_attention():
    """It goes on sending; the wire is closed."""
    with scripted(endless(10**6, tds_server.Pause(0)), hears=False) as server:
        assert close_in_mid_read(server) < 2.5


def test_sqlserver_truncated_read_is_cancelled():
    sql = "SELECT n FROM u ORDER BY n"
    relation = endless(10**5, tds_server.Pause(0))["[dbo].[t]"]
    with scripted({sql: relation}) as server:
        with messages() as said:
            ds = open_connector(server.query(sql), MAX_ROWS="5")
            assert sum(1 for _ in ds.GetLayer(0)) == 5
            ds = None
        assert "attention" in server.server.notes()
    assert "5" in said.warning

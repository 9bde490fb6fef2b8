#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Snowflake, asked of the scripted server of servers/snowflake_standin.py: logins,
hosts, secrets and TLS."""

import json
import os
import socket
import subprocess
import threading

import pytest
from cartoconn_snowflake import KEYS, StandIn, login, read, standin  # noqa: F401
from cartoconn_util import (  # noqa: F401
    config,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


###############################################################################
# Logins


def test_password(standin):
    connection = {"passcode": "123456", "warehouse": "W H", "role": "R"}
    read(variant(standin.scene("small"), connection))
    request = login(standin)
    data = request["body"]["data"]
    assert data["PASSWORD"] == "secret" and "AUTHENTICATOR" not in data
    assert data["PASSCODE"] == "123456"
    assert data["ACCOUNT_NAME"] == "ORG-ACCT"
    assert "warehouse=W%20H&roleName=R" in request["path"]
    parameters = data["SESSION_PARAMETERS"]
    assert parameters["GEOGRAPHY_OUTPUT_FORMAT"] == "WKB"
    assert parameters["GEOMETRY_OUTPUT_FORMAT"] == "EWKB"


@pytest.mark.parametrize("key,secret,how", [
    ("token", "pat-secret", "PROGRAMMATIC_ACCESS_TOKEN"),
    ("oauth_token", "oauth-secret", "OAUTH"),
])
def test_tokens(standin, key, secret, how):
    connection = {"password": None, key: secret}
    rows, _ = read(variant(standin.scene("small"), connection))
    assert len(rows) == 3
    data = login(standin)["body"]["data"]
    assert (data["AUTHENTICATOR"], data["TOKEN"]) == (how, secret)
    assert "PASSWORD" not in data


@pytest.mark.parametrize("key,passphrase", [("rsa.pem", None),
                                            ("rsa_pkcs1.pem", None),
                                            ("rsa_encrypted.pem",
                                             "swordfish")])
def test_key_pair(standin, key, passphrase):
    connection = {"password": None,
                  "private_key_file": os.path.join(KEYS, key),
                  "private_key_passphrase": passphrase}
    rows, _ = read(variant(standin.scene("small"), connection))
    assert len(rows) == 3
    token = login(standin)["body"]["data"]["TOKEN"]
    with open(os.path.join(KEYS, "rsa_fingerprint.txt")) as file:
        fingerprint = file.read().strip()
    import base64
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["iss"] == "ORG-ACCT.USER.SHA256:" + fingerprint
    # until the last repetition of the login: connect_timeout is 30 s
    assert claims["exp"] - claims["iat"] == 90


@pytest.mark.parametrize("account,name", [
    ("xy12345.eu-central-1", "XY12345"), ("acme-ext1.global", "ACME"),
    ("org-acct", "ORG-ACCT"), ("my_org-my_acct", "MY_ORG-MY_ACCT")])
def test_account(standin, account, name):
    read(variant(standin.scene("small"), {"account": account}))
    assert login(standin)["body"]["data"]["ACCOUNT_NAME"] == name


def test_login_is_repeated(standin):
    rows, said = read(variant(standin.scene("small"), {"username": "busy"}))
    said.assert_quiet()
    assert len(rows) == 3
    first, second = standin.requests("/session/v1/login-request")
    assert "retryCount=1&retryReason=503" in second["path"]
    assert "retryCount" not in first["path"]


@pytest.fixture()
def http_proxy():
    """A proxy that notes what it is asked for, and refuses it."""
    asked = []
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            asked.append(peer.recv(4096).decode())
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            peer.close()

    threading.Thread(target=serve, daemon=True).start()
    yield "http://127.0.0.1:%d" % listener.getsockname()[1], asked
    listener.close()


@pytest.mark.parametrize("account,host", [
    ("org-acct", "org-acct.snowflakecomputing.com"),
    ("my_org-my_acct", "my-org-my-acct.snowflakecomputing.com"),
    ("xy1.eu-central-1", "xy1.eu-central-1.snowflakecomputing.com"),
    ("xy1.cn-north-1", "xy1.cn-north-1.snowflakecomputing.cn"),
])
def test_host_of_an_account(http_proxy, tmp_path, account, host):
    """By the tunnel that is asked of a proxy: no underscores, and TLS."""
    proxy, asked = http_proxy
    connector = {"provider": "snowflake", "table": "T", "connection": {
        "account": account, "database": "DB", "username": "user",
        "password": "s3cr3t-word"}}
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(connector))
    done = run_program("ogrinfo", "CARTOCONN:%s" % path, https_proxy=proxy,
                       HTTPS_PROXY=proxy, no_proxy="", NO_PROXY="")
    assert asked[0].startswith("CONNECT %s:443 HTTP/1." % host)
    assert "s3cr3t-word" not in done.stdout + "".join(asked)
    assert done.returncode != 0
    assert "connect failed: the proxy refuses the connection" in done.stdout
    assert "403" in done.stdout and len(asked) <= 2


SECRETS = ["sig=", "s3cret", "token-", "master-", "cXJtay1vZi10aGUtc3RhbmQtaW4",
           "pass-w0rd", "112233", "BEGIN PRIVATE"]


@pytest.mark.parametrize("scene", ["chunks", "encoded", "expired", "refused",
                                   "dropped", "unavailable", "renewed", "gone",
                                   "slow", "absent"])
def test_no_secret_is_told(standin, scene):
    """Neither in messages nor in what the driver says for debugging."""
    connection = {"password": "secret", "passcode": "112233"}
    with config(CPL_DEBUG="ON"):
        with messages() as said:
            ds = open_connector(variant(standin.scene(scene), connection))
            layer = ds.GetLayer(0) if ds else None
            texts = [ds.GetDescription(), str(ds.GetMetadata())] if ds else []
            texts += [str(f.items()) for f in layer] if ds else []
            texts += [str(layer.GetMetadata())] if ds else []
            del ds, layer
    assert len(said) > 0
    for secret in SECRETS:
        assert secret not in "\n".join(texts) + said.everything, secret


def test_single_factor_is_refused(standin):
    text = refuse(variant(standin.scene("small"), {"password": "single"}))
    assert "Multi-factor" in text
    for other in ("passcode", "token", "private_key_file", "oauth_token"):
        assert other in text


def test_secret_is_not_echoed(standin):
    text = refuse(variant(standin.scene("small"), {"password": "wrong-one"}))
    assert "Incorrect username" in text and "wrong-one" not in text
    assert 'Check "account", "username" and "password"' in text


def test_encrypted_key_without_passphrase(standin):
    connection = {"password": None, "private_key_file":
                  os.path.join(KEYS, "rsa_encrypted.pem")}
    text = refuse(variant(standin.scene("small"), connection))
    assert "private_key_passphrase" in text


###############################################################################
# TLS


@pytest.fixture()
def tls(tmp_path):
    """The scripted server with TLS, and its certificate."""
    certificate, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate], check=True,
        stderr=subprocess.DEVNULL)
    server = StandIn("--tls", certificate, key)
    server.connector["connection"]["sslmode"] = "verify-full"
    yield server, certificate
    server.stop()


def test_tls(tls):
    server, certificate = tls
    for scene in ("small", "chunks"):
        rows, said = read(variant(server.scene(scene),
                                  {"sslrootcert": certificate}))
        said.assert_quiet()
        assert len(rows) in (3, 125)


def test_tls_without_verification(tls):
    server, _ = tls
    rows, said = read(variant(server.scene("chunks"), {"sslmode": "require"}))
    said.assert_quiet()
    assert len(rows) == 125


def test_tls_is_verified(tls):
    server, _ = tls
    assert "TLS" in refuse(server.scene("small"))

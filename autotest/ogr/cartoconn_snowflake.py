# SPDX-License-Identifier: MIT
"""The scripted server of servers/snowflake_standin.py, for the modules that test
Snowflake on it."""

import json
import os
import subprocess
import sys
import urllib.request

import pytest
from cartoconn_util import messages, open_connector, variant

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "..", "servers", "snowflake_standin.py")
ARROW = os.path.join(HERE, "..", "c", "data", "arrow", "snowflake.arrows")
KEYS = os.path.join(HERE, "..", "c", "data", "keys")


class StandIn:
    """The scripted server, started anew, and a connector to it."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, "--arrow", ARROW] + list(arguments),
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        self.port = int(self.process.stdout.readline())
        self.connector = {
            "provider": "snowflake",
            "connection": {
                "server": "127.0.0.1",
                "port": self.port,
                "account": "ORG-ACCT",
                "database": "DB",
                "username": "user",
                "password": "secret",
                "sslmode": "disable",
            },
        }

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def ask(self):
        url = "http://127.0.0.1:%d/standin/log" % self.port
        with urllib.request.urlopen(url) as answer:
            return json.load(answer)

    def requests(self, path):
        return [r for r in self.ask()["log"] if r["path"].startswith(path)]

    def scene(self, name, **keys):
        return variant(self.connector, sql_query="SELECT scene_" + name,
                       import_as=name, **keys)


@pytest.fixture()
def standin():
    server = StandIn()
    yield server
    server.stop()


def read(connector, **options):
    """The rows, and what was said."""
    with messages() as said:
        ds = open_connector(connector, **options)
        assert ds is not None, said.everything
        layer = ds.GetLayer(0)
        rows = [f for f in layer]
        del ds
    return rows, said


def ids(rows):
    return [f["ID"] for f in rows]


def login(standin):
    return standin.requests("/session/v1/login-request")[0]

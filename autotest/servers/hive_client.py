# SPDX-License-Identifier: MIT
"""Runs statements on a HiveServer2 for the tests, through Impala's Python
client, in a process of its own: what it needs is not in the tests' Python.

Arguments: host, port, user, password (SASL). Every line of standard input is
a JSON array of statements; every answer a line: null, or the first error."""

import json
import sys

from impala.dbapi import connect


def main():
    host, port, user, password = sys.argv[1:5]
    connection = connect(
        host=host,
        port=int(port),
        user=user,
        password=password,
        auth_mechanism="PLAIN",
    )
    cursor = connection.cursor()
    for line in sys.stdin:
        answer = None
        for statement in json.loads(line):
            try:
                cursor.execute(statement)
            except Exception as error:
                answer = str(error)
                break
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

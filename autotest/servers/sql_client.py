# SPDX-License-Identifier: MIT
"""Runs statements on a server for the tests, through another client's module
of Python's DB API 2.0 (PEP 249), in a process of its own: what that needs is
not in the tests' Python.

Arguments: the module, and those of its connect() as JSON. Every line of
standard input is a JSON array of statements; every answer a line: null, or
the first error."""

import importlib
import json
import sys


def main():
    module = importlib.import_module(sys.argv[1])
    cursor = module.connect(**json.loads(sys.argv[2])).cursor()
    for line in sys.stdin:
        answer = None
        for statement in json.loads(line):
            try:
                cursor.execute(statement)
            except Exception as error:
                answer = "%s: %s" % (error, statement[:200])
                break
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

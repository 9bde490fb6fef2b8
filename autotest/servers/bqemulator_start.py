#!/usr/bin/env python3
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Starts bqemulator with a DuckDB that its spatial extension is published for:
that takes the types of functions as its own objects only, where bqemulator
writes their names. The arguments are those of the command bqemulator."""

import sys

import duckdb

CONNECTION = duckdb.DuckDBPyConnection
ORIGINAL = CONNECTION.create_function


def type_of(name):
    return duckdb.type(name) if isinstance(name, str) else name


def create_function(self, name, function, parameters=None, result=None, **keys):
    if parameters is not None:
        parameters = [type_of(parameter) for parameter in parameters]
    return ORIGINAL(self, name, function, parameters, type_of(result), **keys)


CONNECTION.create_function = create_function

from bqemulator.cli import main  # noqa: E402

sys.exit(main())

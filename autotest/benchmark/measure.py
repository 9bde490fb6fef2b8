# SPDX-License-Identifier: MIT
"""Timing of whole commands, ours beside their peers.

Every case of a group is run in turn, round after round, so that a machine
whose speed drifts is the same for all; medians are quoted, and ratios to the
case a group names as its reference.
"""

import os
import statistics
import subprocess
import sys
import time


class Case:
    """A command, and how to read what it measured.

    A reader prints its own figures (read_layer_bench: rows, seconds, seconds
    to the first row, KiB above idle); of any other command the wall clock and
    the peak memory are taken from outside.
    """

    def __init__(self, name, command, rows, reader=False, env=None, before=None):
        self.name = name
        self.command = command
        self.rows = rows
        self.reader = reader
        self.env = dict(os.environ, **(env or {}))
        self.before = before
        self.seconds = []
        self.first = []
        self.memory = []

    def run(self):
        if self.before:
            subprocess.run(self.before, check=True, stdout=subprocess.DEVNULL)
        start = time.monotonic()
        process = subprocess.Popen(
            self.command, env=self.env, stdout=subprocess.PIPE, text=True
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        if status != 0:
            sys.exit("benchmark: failed: " + " ".join(self.command))
        if self.reader:
            rows, seconds, first, memory = output.split("\t")
            if int(rows) != self.rows:
                sys.exit(f"benchmark: {self.name}: {rows} rows, not {self.rows}")
            self.seconds.append(float(seconds))
            self.first.append(float(first))
            self.memory.append(int(memory))
        else:
            self.seconds.append(seconds)
            self.memory.append(usage.ru_maxrss)


def median(values):
    return statistics.median(values) if values else None


def figure(value, form):
    return form.format(value) if value is not None else ""


def table(title, cases, reference):
    """The Markdown table of a group that was run."""
    base = median(reference.seconds)
    lines = [
        f"\n### {title}\n",
        "| what | seconds (min–max) | Mrows/s | time / reference "
        "| first row, ms | peak memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    for case in cases:
        seconds = median(case.seconds)
        first = median(case.first)
        name = f"**{case.name}**" if case.name.startswith("CARTOCONN") else case.name
        if case is reference:
            name += " (reference)"
        lines.append(
            f"| {name} | {seconds:.2f} "
            f"({min(case.seconds):.2f}–{max(case.seconds):.2f}) "
            f"| {case.rows / seconds / 1e6:.2f} | {seconds / base:.2f} "
            f"| {figure(first and first * 1000, '{:.0f}')} "
            f"| {median(case.memory) / 1024:.0f} |"
        )
    return "\n".join(lines)


def run_group(title, cases, reference, rounds):
    """Runs the cases in turn, one warm-up round first, and prints the table."""
    for number in range(rounds + 1):
        for case in cases:
            print(f"  {title}: round {number}: {case.name}", file=sys.stderr)
            case.run()
            if number == 0:
                case.seconds.clear()
                case.first.clear()
                case.memory.clear()
    print(table(title, cases, reference), flush=True)

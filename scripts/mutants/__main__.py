"""Run the list, two mutants at a time: ``python -m scripts.mutants [--only PATTERN] [--list]``.

First the copies must pass the tests as they are. The exit status is 0 when every mutant was killed, 1 when one survived,
2 when the list is wrong or the tests are red without any mutation.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from scripts.mutants.finding import make_mutant
from scripts.mutants.listing import BadList, Mutation, read_list
from scripts.mutants.trial import Copy, Outcome, Verdict, WrongTree

ROOT: Final = Path(__file__).parent.parent.parent
# Copies at work at a time: the processors of the machine that the project is tested on.
WORKERS: Final = 2


class Copies:
    """The copies, each lent to one run at a time."""

    def __init__(self, root: Path, where: Path) -> None:
        self._free: SimpleQueue[Copy] = SimpleQueue()
        for number in range(WORKERS):
            self._free.put(Copy(root, where / f"copy{number}"))

    def run(self, tests: Sequence[str]) -> Outcome:
        """Run tests in a copy as it is."""
        with self._lent() as copy:
            return copy.run(tests)

    def try_out(self, mutation: Mutation) -> Outcome:
        """Try a mutation in a copy."""
        with self._lent() as copy:
            return copy.try_out(mutation)

    @contextmanager
    def _lent(self) -> Generator[Copy]:
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run, and return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts.mutants", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="", help="those whose place or promise has this in it")
    parser.add_argument("--list", action="store_true", help="say what would be tried, and try nothing")
    options = parser.parse_args(arguments)
    pattern = re.compile(options.only, re.IGNORECASE)
    try:
        mutations = read_list(root)
        places = [make_mutant(root, each).path for each in mutations]
    except BadList as error:
        _say(str(error))
        return 2
    chosen = [each for each in mutations if pattern.search(f"{each.name} {each.promise}")]
    if options.list:
        for each, path in zip(mutations, places, strict=True):
            if each in chosen:
                _say(f"{path} {each.function}\n    - {each.text}\n    + {each.becomes}\n    {each.promise}")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as where:
        return _try_all(chosen, root, Path(where))


def _try_all(mutations: list[Mutation], root: Path, where: Path) -> int:
    try:
        copies = Copies(root, where)
    except WrongTree as error:
        _say(str(error))
        return 2
    with ThreadPoolExecutor(WORKERS) as pool:
        tests = _all_tests(mutations)
        halves = [half for number in range(WORKERS) if (half := tests[number::WORKERS])]
        for whole in pool.map(copies.run, halves):
            if whole.verdict is not Verdict.SURVIVED:
                _say(f"without any mutation: {whole.by}")
                return 2
        survivors: list[tuple[Mutation, Outcome]] = []
        outcomes = pool.map(copies.try_out, mutations)
        for mutation, outcome in zip(mutations, outcomes, strict=True):
            _say(f"{outcome.verdict.value:<8} {outcome.seconds:5.1f} s  {mutation.name}: {mutation.promise}")
            _say(f"                   {outcome.by}")
            if outcome.verdict is not Verdict.KILLED:
                survivors.append((mutation, outcome))
    _say(f"\n{len(mutations) - len(survivors)} of {len(mutations)} killed")
    for mutation, outcome in survivors:
        _say(f"\n{outcome.verdict.value}: {mutation.name}: {mutation.promise}")
        _say(f"    - {mutation.text}\n    + {mutation.becomes}\n    {outcome.by}")
    return 1 if survivors else 0


def _all_tests(mutations: list[Mutation]) -> list[str]:
    """Return every test that is named, without those that lie in a file that is named too."""
    named = dict.fromkeys(test for each in mutations for test in each.tests)
    return [test for test in named if "::" not in test or test.partition("::")[0] not in named]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a user can be told: the error tree and its exit codes.

    ReconstructError        1   never raised itself
    ├── UsageError          2   the command line, configuration, credentials or a query is wrong
    │   └── QueryError      2   a PromQL expression the server refused, with a caret where it is known
    ├── SourceError         3   a source did not answer; `gather` turns it into a Gap unless --strict
    └── NothingToShowError  4   everything answered and no series matched

A ValueError anywhere else is our bug (exit 1, with a traceback). Errors are caught once, in `reconstruct.cli`.
"""

from __future__ import annotations


class ReconstructError(Exception):
    """Something the user can act on: what happened, and what to do next.

    >>> error = SourceError("prometheus at db:9090 refused the connection", hint="is it running? try --prometheus")
    >>> error.exit_code, error.hint
    (3, 'is it running? try --prometheus')
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ReconstructError):
    """The command line, the configuration, the credentials or a query is wrong."""

    exit_code = 2


class QueryError(UsageError):
    """The server refused a query; `message` shows it with a caret where the server names a place."""


class SourceError(ReconstructError):
    """A source could not be asked, or did not answer in full."""

    exit_code = 3


class NothingToShowError(ReconstructError):
    """Every source answered, and no series matched."""

    exit_code = 4

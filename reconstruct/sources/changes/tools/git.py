"""git: `git log` as text in its own formats, and the tags and merges of a local repository.

A commit is no deploy: commits and merges are notes. A tag is the release that it names.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from reconstruct.config import read_time
from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.payload import labels, plain_version
from reconstruct.sources.changes.people import without_people
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

TIMEOUT_S: Final = 60
_COMMIT: Final = re.compile(r"^commit (?P<sha>[0-9a-f]{7,64})(?: \((?P<refs>[^)]*)\))?\s*$", re.MULTILINE)
_PERSON: Final = re.compile(
    r"^(?:Author|Commit|author|committer|Signed-off-by|Co-authored-by):? +(?P<name>[^<\n]*?) *<(?P<mail>[^>]*)>",
    re.MULTILINE | re.IGNORECASE,
)
_DATE: Final = re.compile(r"^(?P<kind>CommitDate|AuthorDate|Date): +(?P<time>.+)$", re.MULTILINE)
_RAW_DATE: Final = re.compile(r"^committer .*> (?P<time>\d+) [+-]\d{4}$", re.MULTILINE)
_ONE_LINE: Final = re.compile(r"\s*(?:[*|\\/ ]+ )?[0-9a-f]{7,12} (?!\d{4}-)\S.*")


def without_graph(text: str) -> str:
    """A log without the lines that `git log --graph` draws beside it; any other text as it is.

    >>> without_graph("* commit 9fceb02\\n| Author: x\\n|\\n|     Fix").splitlines()
    ['commit 9fceb02', 'Author: x', '', '    Fix']
    """
    if not re.match(r"\*[ |\\/]*commit [0-9a-f]{7}", text):
        return text
    return re.sub(
        r"^(?:[*|\\/_] ?| (?=[*|\\/_]))+(?: *(?=commit [0-9a-f]{7}|Merge: |Author: ))?", "", text, flags=re.MULTILINE
    )


def is_log(text: str) -> bool:
    """Whether a text is what `git log` prints, in any of its formats that tell a date."""
    return bool(_COMMIT.match(text.lstrip())) and bool(_DATE.search(text) or _RAW_DATE.search(text))


def is_dateless_log(text: str) -> bool:
    """Whether a text is what `git log --oneline` prints: commits without a date."""
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and all(_ONE_LINE.fullmatch(line) for line in lines)


def parse_log(text: str, *, source: str, ask: SourceRequest) -> SourceResult:
    """One note a commit, at the time it was committed (where only the author's date is told, at that)."""
    events: list[Event] = []
    gaps: list[Gap] = []
    starts = [match.start() for match in _COMMIT.finditer(text)] + [len(text)]
    for begins, ends in pairwise(starts):
        block = text[begins:ends]
        match = _COMMIT.match(block)
        sha = match["sha"][:12] if match else ""
        try:
            events.append(_commit(block, sha=sha, refs=(match["refs"] or "") if match else "", source=source, ask=ask))
        except UsageError as error:
            gaps.append(Gap("", source, f"commit {sha}", error.message))
    return SourceResult(events=tuple(sorted(events, key=lambda e: e.time)), gaps=tuple(gaps))


def _commit(block: str, *, sha: str, refs: str, source: str, ask: SourceRequest) -> Event:
    dates = {match["kind"]: match["time"].strip() for match in _DATE.finditer(block)}
    raw = _RAW_DATE.search(block)
    told = dates.get("CommitDate") or dates.get("Date") or (raw["time"] if raw else "") or dates.get("AuthorDate", "")
    header, _, body = block.partition("\n\n")
    subject = next((line.strip() for line in body.splitlines() if line.strip()), "")
    names = {name for match in _PERSON.finditer(block) for name in (match["name"], match["mail"]) if len(name) > 2}
    made = event(
        time=read_time(told, tz=ask.tz),
        kind="note",
        service=Service(ask.options.get("service", "")),
        title=f"commit {sha}: {subject}",
        source=source,
        source_id=sha,
        version=sha,
        labels=labels(refs=refs, merge="true" if re.search(r"^Merge: ", header, re.MULTILINE) else ""),
    )
    return made if ask.authors else without_people(made, frozenset(names))


def fetch_history(ask: SourceRequest) -> SourceResult:
    """Tags and merges of the repository in the folder `ask.argument`, in the window.

    Options: `service` (default: the folder's name).

    Raises
    ------
    UsageError
        If the folder is no repository, or git is not installed.
    """
    folder = Path(ask.argument).expanduser()
    service = ask.options.get("service") or folder.resolve().name
    since, until = int(ask.window.baseline_start.timestamp()), int(ask.window.end.timestamp())
    tags = _run(
        folder, "for-each-ref", "--format=%(creatordate:unix)%09%(objectname:short=12)%09%(refname:short)", "refs/tags"
    )
    merges = _run(
        folder,
        "log",
        "--merges",
        "--first-parent",
        f"--since={since}",
        f"--until={until}",
        "--format=%ct%x09%h%x09%s%x09%an%x09%ae",
    )
    told = [*_tags(tags, service=service), *_merges(merges, service=service, ask=ask)]
    return SourceResult(events=tuple(e for e in told if ask.covers(e.time)))


def _tags(lines: str, *, service: str) -> Iterator[Event]:
    for line in lines.splitlines():
        time, sha, name = line.split("\t", 2)
        if time:
            yield event(
                time=read_time(time, tz="UTC"),
                kind="deploy",
                service=Service(service),
                title=f"tag {name} of {service}",
                source="git",
                source_id=name,
                version=plain_version(name.rpartition("/")[2]),
                labels=labels(event="tag", sha=sha),
            )


def _merges(lines: str, *, service: str, ask: SourceRequest) -> Iterator[Event]:
    for line in lines.splitlines():
        time, sha, subject, *people = line.split("\t")
        made = event(
            time=read_time(time, tz="UTC"),
            kind="note",
            service=Service(service),
            title=subject,
            source="git",
            source_id=sha,
            version=sha,
            labels=labels(event="merge"),
        )
        yield made if ask.authors else without_people(made, frozenset(p for p in people if len(p) > 2))


def _run(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)  # noqa: S603 - no shell
    except FileNotFoundError as error:
        raise UsageError("git is not installed", hint="install it, or give `git log` as a file") from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"git did not end within {TIMEOUT_S} s", hint="try again") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        raise UsageError(f"git in {folder}: {''.join(said)[:200]}", hint="give the folder of a repository: git:PATH")
    return done.stdout.decode("utf-8", "replace")

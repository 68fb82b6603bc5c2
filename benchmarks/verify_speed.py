"""How long `verify` takes for documents of any length, by what they are made of.

    python benchmarks/verify_speed.py BUNDLE.zip [--sizes 100000,1000000,10000000] [--only prose,log]

Our own draft stands again and again; else no sentence comes twice: what `verify` made of a passage before it takes
over. What is timed is
CPU. Beyond so many sentences and characters (`MAX_STATEMENTS`, `MAX_CHARACTERS`) a document is unread, and that is
said: read is how much of it was judged. The exponent is the slope from the size before in logarithms.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from reconstruct import draft
from reconstruct.bundle import read_bundle
from reconstruct.model.verification import Verification
from reconstruct.render.markdown import to_markdown
from reconstruct.verify import verify

_PLAIN_TEXT: Final = (
    "the of and to in that it for on with as was at by this which from or had not but were one you all they there been"
    " if more when who so no she its may these what them some him time into only could new then do my now such like"
    " our over me even most made after also did many before must through back where much your way well down should"
    " because each just those people how too little state good very make world own see men work long here between"
    " both life being under never day same another know while last us great old year come since against go came right"
    " used take three team customer meeting report house river garden letter question morning plan project market page"
    " request error service country number music story paper table considered wrote walked opened reviewed said"
    " described followed restarted raised found noticed moved held kept left asked started ended showed"
)
PLAIN: Final = _PLAIN_TEXT.split()
CLAIMS: Final = (
    "At {t} UTC ProbeFailed fired.",
    "At {t} p95 latency rose to {f} s.",
    "The error rate peaked at {p} %.",
    "At {t} UTC the deploy of shop 2.20.{i} started.",
    "At {t} the rollback of shop to 2.19.{i} finished and latency was back to normal.",
    "Database CPU was at {p} % at {t} UTC.",
    "The outage lasted {i} minutes.",
    "At {t} {i} users complained by mail.",
    "At {t} the engineer on call escalated to the database team.",
    "Between {t} and {u} UTC {p} % of requests failed.",
    "Time to detect: {i} min.",
    "The network was healthy at {t}.",
)


def prose(pick: random.Random) -> Iterator[str]:
    """Paragraphs of some sentences without any claim."""
    while True:
        for _ in range(pick.randint(2, 6)):
            yield " ".join(pick.choices(PLAIN, k=pick.randint(6, 22))).capitalize() + ". "
        yield "\n\n"


def log(pick: random.Random) -> Iterator[str]:
    """Lines of a log, pasted as they are."""
    while True:
        clock = f"{pick.randint(0, 23):02}:{pick.randint(0, 59):02}:{pick.randint(0, 59):02}"
        path = f"/{pick.choice(PLAIN)}/{pick.randint(1, 99_999)}"
        yield f"2026-11-17T{clock}Z ERROR shop[{pick.randint(100, 9_999)}]: GET {path} 504 {pick.randint(1, 4_000)}ms\n"


def claims(pick: random.Random) -> Iterator[str]:
    """Nothing but claims, each a paragraph."""
    while True:
        hour = pick.randint(13, 15)
        yield (
            pick.choice(CLAIMS).format(
                t=f"{hour}:{pick.randint(0, 59):02}",
                u=f"{hour + 1}:{pick.randint(0, 59):02}",
                f=round(pick.uniform(0.1, 9), 3),
                p=round(pick.uniform(1, 99), 3),
                i=pick.randint(1, 9_999),
            )
            + "\n\n"
        )


def table(pick: random.Random) -> Iterator[str]:
    """A table of what happened when."""
    yield "| Time | What |\n|---|---|\n"
    for text in claims(pick):
        yield f"| 14:{pick.randint(0, 59):02} | {text.strip()} |\n"


def endless(pick: random.Random) -> Iterator[str]:
    """One sentence that does not end, of what claims are made of."""
    while True:
        word, share = pick.choice(PLAIN), pick.randint(1, 99)
        yield f"the deploy of shop was rolled back {word} the error rate rose to {share} %, "


def unbroken(pick: random.Random) -> Iterator[str]:
    """Words without any mark."""
    while True:
        yield pick.choice(PLAIN) + " "


FORMS: Final[dict[str, Callable[[random.Random], Iterator[str]]]] = {
    "prose": prose,
    "log": log,
    "claims": claims,
    "table": table,
    "endless": endless,
    "unbroken": unbroken,
}


def made(form: Callable[[random.Random], Iterator[str]], size: int) -> str:
    """So many characters of a form."""
    parts, length = [], 0
    for part in form(random.Random(1)):
        parts.append(part)
        length += len(part)
        if length >= size:
            break
    return "".join(parts)[:size]


def _read_until(text: str, outcome: Verification) -> float:
    """Share of the document before the line from which on nothing was read."""
    unread = [f.claim.line for one in outcome.lines for f in one.findings if f.facts.get("why") == "too-long"]
    return min(unread) / (text.count("\n") + 1) if unread else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--sizes", default="100000,1000000,10000000")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    evidence, settings = read_bundle(options.bundle)
    incident = draft(evidence, settings=settings)
    ours = to_markdown(incident)
    verify("It broke at 14:00 UTC.", incident)
    sizes = [int(size) for size in options.sizes.split(",")]
    forms: dict[str, Callable[[int], str]] = {"draft": lambda size: (ours * (size // len(ours) + 1))[:size]}
    forms |= {name: partial(made, form) for name, form in FORMS.items()}
    for name, make in forms.items():
        if options.only and name not in options.only.split(","):
            continue
        before: tuple[int, float] | None = None
        for size in sizes:
            text = make(size)
            started = time.process_time()
            outcome = verify(text, incident, drafts=lambda: [ours])
            took = time.process_time() - started
            grown = math.log(took / before[1]) / math.log(size / before[0]) if before else math.nan
            read = _read_until(text, outcome)
            print(f"{name:24} {size:9} {took:7.2f} s  read {read:4.0%}  exponent {grown:5.2f}", flush=True)
            before = size, took


if __name__ == "__main__":
    main()

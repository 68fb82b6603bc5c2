"""How changes are called: deploys, rollbacks, flags, migrations, configuration, restarts, jobs."""

from __future__ import annotations

from typing import Final

from reconstruct.model import EventKind
from reconstruct.verify.claims import translations
from reconstruct.verify.claims.phrases import any_of
from reconstruct.verify.folding import AnyCase

CHANGES: Final[tuple[tuple[AnyCase, tuple[EventKind, ...]], ...]] = (
    (
        any_of(
            r"roll(?:ed|ing|s)?[ -]?backs?",
            r"(?:rolled|rolls|rolling|roll) (?:[\w.-]+ ){1,4}?back",
            r"reverts?",
            r"revert(?:ed|ing)",
            r"taken back",
            r"undone",
            r"backed out",
            r"(?:be |being |is |was |were )?put back",
            r"(?:went|go|going|goes|gone|set|put|switched|moved|brought|directed|sent|back) (?:[\w-]+"
            r" ){0,4}?(?:back )?(?:to|on|onto)"
            r" (?:the (?:earlier|previous|prior|old|last|known[- ]good|last[- ]known[- ]good) (?:version"
            r"|release|build)"
            r"|(?:version |release )?v?\d+\.\d[\w.-]*(?= again))",
            r"back (?:to|on|onto) (?:version |release |build )?v?\d+(?:\.\d+)+",
            r"(?:earlier|previous|prior|old|last good) (?:version|release|build) (?:\w+ ){0,2}(?:restored"
            r"|reinstated|back)",
            r"return(?:ed|s|ing)? to the (?:(?:earlier|previous|prior|old|last good) )?(?:version|release|build)",
            r"restor(?:ed|ing|es) the (?:earlier|previous|prior|old|last good) (?:version|release|build)",
            r"withdr[ae]wn?|withdraws",
            r"(?:bring|brought|brings|take|took|takes|move[ds]?|roll|put) (?:[\w.-]+ ){1,3}?back\b",
            r"move[ds]? back to",
            r"back(?:s|ed|ing)?[ -]out",
            r"canary (?:[\w.-]+ )?(?:was |is )?(?:abort(?:ed|s)|withdrawn|removed|stopped)",
            r"abort(?:ed|s|ing) (?:the |our |this )?(?:canary|rollout|release|deploy\w*)",
            *translations.ROLLBACK,
            r"und(?:id|o|oing|one) (?:the|this|that|our) (?:change|release|deploy\w*|update|rollout)",
        ),
        ("rollback", "deploy"),
    ),
    (any_of(r"migrations?", r"migrat(?:ed|es|ing)"), ("migration",)),
    (any_of(r"(?:feature )?flags?", r"toggled?"), ("flag", "config")),
    (
        any_of(
            r"(?:limits?|settings?|quotas?|pool size|time-?outs?) (?:of [\w-]+,? )?(?:was |were |is |are |got )?(?:set"
            r"|lowered|raised|reduced|increased|changed|applied)",
            r"(?:lowered|raised|reduced|increased|changed) (?:[\w-]+ ){1,3}(?:limit|setting|quota)s?",
        ),
        ("config", "rollback", "deploy"),
    ),
    (
        any_of(
            r"config(?:uration)? (?:change|push|update|rollout)[ds]?",
            r"config(?:uration)? (?:was |is )?(?:changed|pushed|updated|deployed)",
            r"chang(?:e|ed) (?:(?:of|to|in) )?(?:the |our )?(?:[\w'’-]+ ){0,4}config(?:uration)?",
        ),
        ("config", "deploy"),
    ),
    (any_of(r"restart(?:ed|s|ing)?", r"reboot(?:ed|s)?", r"crash(?:ed|es)? and restart\w*", r"bounced"), ("restart",)),
    (any_of(r"scal(?:ed|es|ing)(?: up| down| out| in)", r"replicas? (?:added|increased)"), ("scale",)),
    (
        any_of(
            r"(?:cron ?)?job (?:started|starts|ran|runs|kicked off)",
            r"(?:backup|batch|cron|report|export|sync) (?:job )?(?:usually |normally |always )?(?:started|starts|ran"
            r"|begins|began)",
        ),
        ("job",),
    ),
    (
        any_of(
            r"(?:re)?deploy(?:ed|ment|ments|s|ing)?(?! (?:freeze|pipeline|window|queue|job|script|plan|note"
            r"|process|manifest|template|history|log)s?\b)",
            r"(?:was |is |were |gets? |got )?releas(?:ed|es|ing)",
            r"(?:the |a |new )?release(?= (?:of|v|r?\d|went|was|is|goes|reached|completed?|finished|began|started))",
            r"roll(?:ed|s|ing)?[ -]?outs?",
            r"(?:the |that |this |our )(?:[\w-]+ )?release(?= (?:from|at|on)\b)",
            r"(?:was |were )?shipped",
            r"(?:went|goes|go|gone) (?:live|out)",
            r"pushed to prod(?:uction)?",
            r"merged and deployed",
            r"put (?:[\w.-]+ ){0,7}live",
            r"(?:new )?version (?:[\w.-]+ )?(?:was |is |went )?live",
            r"(?:went|goes|go|gone|going) (?:in)?to prod(?:uction)?",
            r"(?:in)?to (?:production|service)(?= (?:at|on|by)\b)|(?:put|puts|brought|brings|took|takes)"
            r" (?:[\w.-]+ ){0,7}?"
            r"into (?:service|production)",
            r"reach(?:ed|es) (?:production|prod|the (?:first|last) (?:\w+ )?(?:instance|server|host|node|pod))",
            r"(?:is|was|were|got|been) pushed",
            r"(?:hit|hits|lands? (?:in|on)|landed (?:in|on)|enter(?:s|ed)) prod(?:uction)?",
            r"(?:move[ds]?|upgrade[ds]?|update[ds]?|went|goes|switche[ds]|bumped)(?: from v?\d[\w.-]*)? to"
            r" (?:version |release )?v?\d+(?:\.\d+)+",
            r"introduced (?:in)?to (?:prod(?:uction)?|service)",
            r"canary (?:[\w.-]+ )?(?:was |is )?(?:start(?:ed|s)|began|begins|released|live)",
            r"(?:update|upgrade|version|release) (?:that )?(?:\w+ ){0,3}(?:installed|applied)",
            *translations.DEPLOY,
        ),
        ("deploy", "rollback"),
    ),
)
"""How changes are called, and which kinds of events each may be."""

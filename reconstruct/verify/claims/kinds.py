"""The one table of what a statement can claim: the words that show it. Meaning before position: see `read.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reconstruct.model import EventKind
from reconstruct.model.verification import ClaimKind


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


CHANGES: Final[tuple[tuple[re.Pattern[str], tuple[EventKind, ...]], ...]] = (
    (
        _any(
            r"roll(?:ed|ing|s)?[ -]?backs?",
            r"(?:rolled|rolls|rolling|roll) (?:[\w.-]+ ){1,4}?back",
            r"reverts?",
            r"revert(?:ed|ing)",
            r"taken back",
            r"undone",
            r"backed out",
            r"und(?:id|o|oing|one) (?:the|this|that|our) (?:change|release|deploy\w*|update|rollout)",
        ),
        ("rollback", "deploy"),
    ),
    (_any(r"migrations?", r"migrat(?:ed|es|ing)"), ("migration",)),
    (_any(r"(?:feature )?flags?", r"toggled?"), ("flag", "config")),
    (
        _any(
            r"config(?:uration)? (?:change|push|update|rollout)[ds]?",
            r"config(?:uration)? (?:was |is )?(?:changed|pushed|updated|deployed)",
            r"chang(?:e|ed) (?:(?:of|to|in) )?(?:the |our )?(?:[\w'’-]+ ){0,4}config(?:uration)?",
        ),
        ("config", "deploy"),
    ),
    (_any(r"restart(?:ed|s|ing)?", r"reboot(?:ed|s)?", r"crash(?:ed|es)? and restart\w*", r"bounced"), ("restart",)),
    (_any(r"scal(?:ed|es|ing)(?: up| down| out| in)", r"replicas? (?:added|increased)"), ("scale",)),
    (
        _any(
            r"(?:cron ?)?job (?:started|starts|ran|runs|kicked off)",
            r"(?:backup|batch|cron|report|export|sync) (?:job )?(?:usually |normally |always )?(?:started|starts|ran"
            r"|begins|began)",
        ),
        ("job",),
    ),
    (
        _any(
            r"(?:re)?deploy(?:ed|ment|ments|s|ing)?(?! (?:freeze|pipeline|window|queue|job|script|plan|note"
            r"|process|manifest|template|history|log)s?\b)",
            r"(?:was |is |were |gets? |got )?releas(?:ed|es|ing)",
            r"(?:the |a |new )?release(?= (?:of|v|r?\d|went|was|is|goes|reached|completed?|finished|began|started))",
            r"roll(?:ed|s|ing)?[ -]?outs?",
            r"(?:was |were )?shipped",
            r"(?:went|goes|go|gone) (?:live|out)",
            r"pushed to prod(?:uction)?",
            r"merged and deployed",
            r"put (?:[\w.-]+ ){0,7}live",
            r"(?:new )?version (?:[\w.-]+ )?(?:was |is |went )?live",
        ),
        ("deploy", "rollback"),
    ),
)
"""How changes are called, and which kinds of events each may be."""

_TALK: Final = _any(
    r"deci[ds]\w+",
    r"agree\w*",
    r"want(?:s|ed)",
    r"suggest\w*",
    r"recommend\w*",
    r"says?",
    r"said",
    r"suspect(?:s|ed|ing)?",
    r"suspicion",
    r"review\w*",
    r"investigat\w+",
    r"discuss\w*",
    r"identif\w+",
    r"look(?:ed|ing|s)? (?:at|into|for|through)",
    r"(?:begins?|began|started?|starts) (?:to look|looking|to investigate|investigating|debugging|an? investigation)",
    r"f(?:ound|inds?|inding)(?! (?:down|dead)\b)",
    r"trac(?:ed|ing) (?:it|the|this|down|back)",
    r"ack(?:ed|s)?",
    r"acknowledg\w+",
    r"silenc\w+",
    r"mut(?:ed|ing)",
    r"consider\w*",
    r"propos\w+",
    r"approv\w+",
    r"prepar\w+",
    r"reali[sz]\w+",
    r"conclu\w+",
    r"correlat\w+",
    r"blam\w+",
    r"check(?:ed|s|ing)?(?: the| for| on| of)?",
    r"verif\w+",
    r"confirm(?:s|ed|ing)?",
    r"analy[sz]\w+",
    r"analysis",
    r"debug\w*",
    r"hypothes\w+",
    r"assum\w+",
    r"assumption",
    r"(?:focus|attention|efforts?) (?:shifted|shifts|turned|turns|moved|on)",
    r"focus(?:ed|es|ing)? on",
    r"th(?:ink|inks|ought)",
    r"believ\w+",
    r"told",
    r"tells",
    r"ask(?:s|ed)",
    r"post(?:ed|s|ing)",
    r"mention\w*",
    r"attempt\w*",
    r"tr(?:ied|y|ies|ying) ",
    r"join(?:ed|s)",
    r"talk\w*",
    r"open(?:ed|s) (?:an? |the )?(?:incident|ticket|bridge|channel|war room|zoom|call)",
    r"declar\w+",
    r"announc\w+",
    r"(?:incident|war room|bridge|call|zoom|channel|ticket) (?:was |is )?(?:opened|created|declared|started"
    r"|set up|spun up)",
    r"(?:status ?page|stakeholders?|customers?|support|management|team) (?:was |were |is |are )?(?:updated"
    r"|informed|notified|briefed)",
    r"(?:update|updates|updated|statement|tweet|message|mail|e-?mail|post) (?:was |is |were |about |to |on "
    r"|the |our )",
    r"communicat\w+",
    r"notif(?:y|ied|ies) (?:the |our |all )?(?:customers|users|team|stakeholders|support)",
    r"brainstorm\w*",
    r"examin\w+",
    r"inspect\w+",
    r"stud(?:y|ied)",
    r"start(?:ed|s)? (?:work|working|to work|to debug|to check|debugging|checking|looking)",
    r"work(?:ed|s|ing) on",
    r"handed over",
    r"hand(?:ed)?[ -]?off",
    r"handover",
    r"takes? over",
    r"took over",
    r"takes? command",
    r"took command",
    r"assigned",
    r"incident commander",
    r"on[- ]call (?:engineer )?(?:logs?|logged|responds?|responded|starts?|begins?|arriv\w+|wakes?|woke)",
    r"respond(?:s|ed|ing)?(?! (?:with|slowly|in|time))",
    r"engag(?:ed|es)",
    r"triag\w+",
    r"diagnos\w+",
    r"led nowhere",
    r"red herring",
    r"reproduc\w+",
    r"question(?:ed|s)",
    r"wait(?:ed|s|ing) for",
    r"post[- ]?mortem",
    r"retrospective",
    r"meeting",
    r"theory",
    r"theori[sz]\w+",
    r"pull(?:ed|s) (?:logs|metrics|graphs)",
    r"monitor(?:ed|ing) (?:the|for|continues|closely)",
    r"watch(?:ed|ing) ",
    r"noted?\b(?= that)",
    r"rul(?:ed|es|ing) out",
    r"(?:starts?|started|begins?|began) (?:the |an? )?(?:code review|investigation|analysis|review|triage)",
    r"hunt\w*",
    r"go(?:es|ing|ne)? through (?:the |our )?(?:\w+ )?(?:diff|logs?|changes?|code|commits?|dashboards?|metrics|graphs)",
    r"d[iu]g(?:ging|s)? (?:through|into|in)",
    r"pinpoint\w*",
    r"narrow(?:ed|s) (?:it )?down",
    r"isolat(?:ed|es) (?:it|the (?:cause|problem|issue))",
)
"""What people thought, said or tried: no metric shows it, and a change named in it need not have been made then."""

_ESCALATION: Final = _any(
    r"escalat\w+",
    r"(?:call(?:ed|s)|brought|brings?|loop(?:ed|s)|pull(?:ed|s)) in",
    r"(?:(?:db|database|network|platform|infra\w*|security|storage|payments?|backend|secondary|second|vendor"
    r"|provider|other|core|sre|ops) (?:team|on[- ]?call|engineers?|dba|support)(?:s)?|dbas?|vendor"
    r"|secondary) (?:was |were |is |are |got )?(?:paged|engaged|contacted|called|involved|asked|brought in"
    r"|pulled in)",
    r"page[ds]? (?:the |our |a )?(?:\w+ ){0,3}(?:team|dbas?|secondary|manager|lead|engineers?|sre|experts?)",
    r"contact(?:ed|s)",
    r"support (?:case|ticket) (?:was )?(?:opened|raised|filed)",
)
_ALERT: Final = _any(
    r"alert(?:s|ed|ing)?",
    r"alarms?",
    r"(?<!slow )(?<!web )(?<!status )(?<!landing )(?<!error )pag(?:e|es|ed|ing)(?= |$|\.|,|:)(?! (?:loads?|load"
    r"|views?|times?|faults?|cache|size|rendering|renders?|not|was slow|slow))",
    r"pagers?",
    r"pagerduty",
    r"opsgenie",
    r"fir(?:e|ed|es|ing)",
    r"triggered",
    r"went off",
    r"trips?",
    r"tripped",
)
_RESOLVED: Final = _any(
    r"resolv(?:ed|es)",
    r"clear(?:ed|s)",
    r"auto-?resolved",
    r"recover(?:ed|s)",
    r"stopped firing",
    r"ended",
    r"back to (?:ok|normal|green)",
)
_DETECTION: Final = _any(
    r"detect(?:ed|s|ion|ing)",
    r"notic(?:ed|es|ing)",
    r"bec(?:ame|omes?) aware",
    r"discover(?:ed|s|y)",
    r"(?:customers?|users?|clients?|support|reports?|complaints?|tickets?|engineers?"
    r"|team)(?: \w+){0,3} (?:report(?:ed|s|ing)?|complain(?:ed|s|ing)?|came in|come in|arriv\w+|flag(?:ged|s)"
    r"|rais(?:ed|es))",
    r"(?:first|initial|customer|user|multiple|more|several)(?: \w+){0,3} (?:reports?|complaints?|tickets?"
    r"|mails?|e-?mails?|calls?)",
    r"reported(?! by default)",
    r"(?:we|engineers?|team) (?:saw|see|observed?)",
    r"monitoring (?:system )?(?:report|show|flag|caught|picked|spott)\w*",
)
_INCIDENT: Final = (
    r"(?:the |an? |this |our |service |partial |full |major |production |site |database |user "
    r"|customer ){0,4}(?:incident|outage|impact|degradation|disruption|downtime|problems?|issues?|symptoms?|event"
    r"|unavailability|slow-?down|failures?|errors?|interruption)"
)
_START: Final = _any(
    rf"{_INCIDENT} (?:first |had |has |is |was |were |are )?(?:beg[aiu]n(?:s|ning)?|start(?:s|ed|ing)?"
    rf"|first seen|occurred|appear(?:ed|s)?|commenc\w+|emerg\w+|surfac\w+)(?: time)?",
    rf"(?:start|beginning|begin|onset) of (?:the )?{_INCIDENT}",
    r"onset",
    r"(?:incident|impact|outage|event|issue)[- ]start(?:ed|s)?(?: time)?",
    r"impact(?: time)? began",
    r"(?<!undid )it (?:first )?(?:began|starts?|started)",
    r"(?:start(?:ed|s)?|beg[ai]ns?|began) (?:to )?(?:fail(?:ing)?|return(?:ing)?|serv(?:e|ing)|see(?:ing)?"
    r"|throw(?:ing)?|tim(?:e|ing)|degrad(?:e|ing)|slow(?:ing)?|experienc(?:e|ing)|respond(?:ing)?|climb(?:ing)?"
    r"|ris(?:e|ing)|increas(?:e|ing)|drop(?:ping)?|rejecting|erroring|spik(?:e|ing))",
    r"(?:was|were|became|becomes|is|are|went|goes|got|gets) (?:completely |fully |partially |largely |mostly "
    r"|intermittently |very |extremely )?(?:down|unavailable|unreachable|inaccessible|offline|unresponsive"
    r"|malfunctioning|degraded|slow|broken|failing|impaired|disrupted)",
    r"(?:suffered|experienced|had|saw|faced) (?:an? |the |some |severe |major |partial |full |elevated "
    r"|increased |degraded |intermittent ){0,4}(?:outage|downtime|degradation|disruption|errors?|failures?|latency"
    r"|performance|availability|slowness|error rates?)",
    r"(?:could (?:not|no longer)|couldn['’]t|can ?not|can['’]t|unable to|cannot)(?: (?:access|use|reach|log|sign"
    r"|check|load|place|complete|connect|buy|pay|order|view|open|send|make|see)\w*)",
    r"first (?:\w+ )?(?:symptoms?|impact|errors?|failures?|failed requests?|5xx|timeouts?)",
    r"users? (?:are |were )?(?:first )?(?:affected|impacted|see|saw|experience[ds]?|notice[ds]?|hit|get|got)",
    r"(?:requests?|calls?|queries|connections?|orders?|logins?|payments?|checkouts?)(?: \w+){0,3} (?:fail(?:ed"
    r"|s|ing)?|tim(?:ed|es|ing) out|error(?:ed|s)?)",
    r"symptoms? (?:seen|visible|observed)",
    r"(?:slowed|disrupted|degraded|interrupted|impaired|delayed|blocked|affected) (?:[\w-]+ ){1,4}"
    r"(?=(?:between|from) )",
    r"start(?:s|ed)?(?: (?:time|at))?(?= ?[:|])",
    r"(?:begin|beginning)(?= ?[:|])",
)
_RECOVERY: Final = _any(
    r"recover(?:ed|s|y|ing)(?! (?:plan|point|time objective))",
    r"restored?(?! (?:from|the backup|a backup))",
    r"restoration",
    r"(?:was |were |is |are |had |has )?(?:back|returned?|returns|returning) to (?:normal|baseline|healthy"
    r"|pre-?incident|ok|green)(?: \w+)?",
    r"(?:service|services|system|systems|site|traffic|latency|performance|everything|operations?|all|metrics"
    r"|error rates?|errors|response times?|shop|api)(?: \w+){0,3} (?:normal(?:i[sz]ed?)?(?: again)?"
    r"|healthy(?: again)?|stable(?: again)?|stabili[sz]e[ds]?|nominal|green)",
    r"(?:back (?:online|up|in service|to work\w*)|up again|online again|fully operational|operational again"
    r"|working (?:again|normally|as (?:expected|usual))|works? again)",
    rf"{_INCIDENT} (?:was |is |were |are |has been |had been |fully |officially |considered |marked "
    rf"|declared ){{0,3}}(?:over|end(?:ed|s)?|resolved|closed|fixed|subsided|cleared|gone|stopped|disappeared|ceased)",
    rf"(?:end|resolution) of (?:the )?{_INCIDENT}",
    r"all[- ](?:clear|good|green|fine|well)",
    r"resolv(?:ed|es)",
    r"resolution",
    r"(?:incident|impact|outage|event|issue)[- ](?:end(?:ed|s)?|stop)(?: time)?",
    r"ends?(?: time)?(?= ?[:|])",
    r"closed(?: at)?(?= ?[:|])",
    r"full service",
    r"normal (?:operations?|service|functionality|levels?)(?: (?:was |were )?(?:resumed|restored))?",
)
_MITIGATION: Final = _any(
    r"mitigat(?:ed|ion|es|ing)",
    r"fix(?:ed)?(?: (?:at|time))?(?= ?[:|])",
    r"(?:fix|hotfix|patch|workaround|mitigation) (?:was |is |were |has been )?(?:applied|deployed|released"
    r"|rolled out|in place|shipped|live|merged)",
    r"appl(?:ied|ies|y) (?:an? |the )?(?:fix|hot-?fix|patch|workaround|mitigation)",
    r"fail(?:ed|s|ing)?[ -]?over",
    r"traffic (?:was |is )?(?:shifted|drained|rerouted|diverted|moved|redirected)",
    r"(?:shifted|drained|rerouted|diverted|redirected) (?:the |all |some )?(?:\w+ )?traffic",
    r"rate[- ]limit\w*",
    r"shed(?:ding)? load",
    r"kill(?:ed|s) (?:the |all |long|blocking)(?: \w+){0,3}(?:quer\w+|sessions?|connections?|transactions?)",
    r"disabled?",
)
_CAUSE: Final = _any(
    r"root[- ]causes?(?: was| is| of| were)?",
    r"(?:the |main |underlying |primary |direct |proximate )causes?(?: was| is| of| were|:)?",
    r"caused(?: by)?",
    r"causing",
    r"due to",
    r"because of",
    r"because",
    r"(?:was|were|is) (?:triggered|caused|introduced|brought on|set off) by",
    r"as a (?:result|consequence) of",
    r"result(?:ed|s)? (?:from|in)",
    r"led to",
    r"leads? to",
    r"broke(?! (?:down|out|even))",
    r"culprit",
    r"responsible for",
    r"brought down",
    r"took down",
    r"introduced",
    r"stem(?:med|s) from",
    r"trigger(?: was| is|:)",
    r"contributing factors?",
    r"(?:made|making) (?:things|it|matters|the \w+) (?:worse|better|slower)",
    r"(?:fault|blame) (?:of|lies|with)",
    r"after an? (?:failed|bad|faulty|broken|botched) (?:\w+ )?(?:deploy\w*|release|migration|change|update"
    r"|rollout|config\w*)",
)


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of claim and the words that show it."""

    kind: ClaimKind
    pattern: re.Pattern[str]
    events: tuple[EventKind, ...] = ()


_GAP: Final = _any(
    r"not seen",
    r"scrapes? failed",
    r"no (?:samples|data|metrics)",
    r"(?:samples|data|metrics) (?:were |was |are |is )?(?:missing|lost|not available|unavailable)",
    r"missing (?:samples|data|metrics)",
    r"(?:monitoring|data|metrics) gap",
    r"series ended",
)
_SYMPTOM: Final = _any(
    r"(?:cpu|memory|latency|latencies|response times?|load|disk|error rates?|errors|traffic|connections?"
    r"|queries|query times?|i/o)"
    r"(?: \w+){0,2} (?:was|were|is|are|became|stayed|remained|looked|got|went|climbed|rose|spiked|jumped|grew"
    r"|increased|dropped|fell)"
    r"(?: to| very| too| extremely| at| up| by)*(?: \w+)?",
    r"(?:high|excessive|elevated|saturated|rising|increased) (?:database |db |host |node )?(?:cpu|memory"
    r"|latency|load|error rates?|response times?|disk|traffic)",
)
SIGNS: Final[tuple[Sign, ...]] = (
    Sign("gap", _GAP),
    Sign("escalation", _ESCALATION),
    Sign("human", _TALK),
    *(Sign("change", pattern, events) for pattern, events in CHANGES),
    Sign("alert", _ALERT),
    Sign("start", _START),
    Sign("recovery", _RECOVERY),
    Sign("mitigation", _MITIGATION),
    Sign("detection", _DETECTION),
    Sign("symptom", _SYMPTOM),
)
"""In order of precedence where two stand at the same place."""
CAUSE: Final = _CAUSE
RESOLVED: Final = _RESOLVED
TALK: Final = _TALK

UNAFFECTED: Final = re.compile(
    r"\bno (?:user |customer |measurable |significant )?(?:impact|effect) on\b"
    r"|\b(?:was|were|is|are|stayed|remained|looked|appeared) (?:all |always |perfectly |otherwise "
    r"|completely )?(?:healthy|normal|unaffected|fine|stable|nominal)\b"
    r"|\b(?:was|were)(?:n['’]t| not| never) (?:affected|impacted|involved|to blame|at fault|the cause)\b"
    r"|\b(?:worked|behaved|performed|ran|functioned|operated) (?:normally|fine|as (?:expected|usual))\b"
    r"|\bunaffected\b|\bnot (?:affected|impacted)\b"
    r"|\b(?:was |were |is |are )?ruled out\b|\bnot (?:the|a) (?:[\w-]+ )?(?:problem|issue|fault|cause"
    r"|culprit)\b|\bno (?:problems?"
    r"|issues?|anomal\w+|faults?) (?:with|in|on|at)\b"
    r"|\bexonerated\b|\bcleared\b(?= (?:as|of))",
    re.IGNORECASE,
)
UNTIL_THEN: Final = re.compile(
    r"\bback to (?:normal|healthy)\b|\bnormal (?:again|by|at)\b|\b(?:until|before|at first|initially|again"
    r"|by then)\b|\breturned\b|\bhealthy again\b",
    re.IGNORECASE,
)
"""What came back had been affected; what was so before an hour says nothing of later."""
LAYERS: Final[dict[str, str]] = {
    **dict.fromkeys(("network", "networking", "packet"), "network"),
    **dict.fromkeys(
        ("database", "databases", "db", "postgres", "postgresql", "mysql", "mongo", "mongodb", "sql"), "database"
    ),
    **dict.fromkeys(("cache", "caches", "redis", "memcached"), "cache"),
    **dict.fromkeys(("queue", "queues", "kafka", "rabbitmq"), "queue"),
    **dict.fromkeys(("host", "hosts", "node", "nodes", "machine", "machines", "server", "vm"), "host"),
    **dict.fromkeys(("edge", "balancer", "proxy", "ingress", "cdn"), "edge"),
}
TOPICS: Final[dict[str, frozenset[str]]] = {
    "latency": frozenset(
        ["latency", "latencies", "slow", "slowness", "duration", "response", "responses", "p95", "p99", "p50"]
    ),
    "errors": frozenset(
        [
            "error",
            "errors",
            "5xx",
            "500s",
            "500",
            "502",
            "503",
            "504",
            "failing",
            "failure",
            "failures",
            "fail",
            "failed",
        ]
    ),
    "cpu": frozenset(["cpu", "processor", "load"]),
    "memory": frozenset(["memory", "oom", "ram", "heap"]),
    "disk": frozenset(["disk", "disks", "storage", "filesystem", "volume"]),
    "pool": frozenset(["pool", "pools", "connections", "connection", "waiting"]),
    "probe": frozenset(
        [
            "probe",
            "probes",
            "health",
            "healthcheck",
            "healthchecks",
            "availability",
            "uptime",
            "synthetic",
            "down",
            "blackbox",
            "unreachable",
        ]
    ),
    "traffic": frozenset(["traffic", "requests", "rps", "qps", "throughput"]),
    "certificate": frozenset(["certificate", "cert", "certificates", "tls", "ssl"]),
    "replication": frozenset(["replication", "replica", "lag"]),
    "restart": frozenset(["restart", "restarts", "crashloop", "crashloopbackoff", "crash", "crashes"]),
}
"""What an alert or a figure is about, whatever it is called."""


MECHANISMS: Final[dict[str, str]] = {
    "memory": "memory-exhaustion",
    "disk": "disk-exhaustion",
    "cpu": "cpu-contention",
    "pool": "pool-exhaustion",
    "traffic": "traffic-surge",
    "certificate": "certificate-expiry",
    "of:network": "network-degradation",
}
"""What would have to be wrong with a topic for it to have had a part."""


def topics(words: frozenset[str]) -> frozenset[str]:
    """What the words speak of.

    >>> sorted(topics(frozenset(("db", "query", "latency", "high"))))
    ['latency', 'of:database']
    >>> sorted(topics(frozenset(("database", "response", "times"))))
    ['latency', 'of:database']
    """
    found = {topic for topic, many in TOPICS.items() if words & many}
    if {"times", "time"} & words and {"response", "query", "queries"} & words:
        found.add("latency")
    found |= {f"of:{LAYERS[word]}" for word in words if word in LAYERS}
    return frozenset(found)

"""How the phases of an incident are called: its start, symptoms, mitigation and recovery, and gaps in the data."""

from __future__ import annotations

from typing import Final

from reconstruct.verify.claims import translations
from reconstruct.verify.claims.phrases import any_of

_INCIDENT: Final = (
    r"(?:the |an? |this |our |service |partial |full |major |production |site |database |user "
    r"|customer ){0,4}(?:incident|outage|impact|degradation|disruption|downtime|problems?|issues?|symptoms?|event"
    r"|unavailability|slow-?down|failures?|errors?|interruption)"
)
START: Final = any_of(
    rf"{_INCIDENT} (?:first |had |has |is |was |were |are )?(?:beg[aiu]n(?:s|ning)?|start(?:s|ed|ing)?"
    rf"|first seen|occurred|appear(?:ed|s)?|commenc\w+|emerg\w+|surfac\w+)(?: time)?",
    rf"(?:start|beginning|begin|onset) of (?:the )?{_INCIDENT}",
    r"onset",
    r"(?:incident|impact|outage|event|issue)[- ]start(?:ed|s)?(?: time)?",
    r"impact(?: time)? began",
    r"(?<!undid )it (?:first )?(?:began|starts?|started)",
    r"(?:start(?:ed|s)?|beg[ai]ns?|began) (?:to )?(?:fail(?:ing)?|return(?:ing)?(?! to\b)|serv(?:e|ing)|see(?:ing)?"
    r"|throw(?:ing)?|tim(?:e|ing)|degrad(?:e|ing)|slow(?:ing)?|experienc(?:e|ing)|respond(?:ing)?|climb(?:ing)?"
    r"|ris(?:e|ing)|increas(?:e|ing)|drop(?:ping)?|rejecting|erroring|spik(?:e|ing))",
    r"(?:was|were|became|becomes|is|are|went|goes|got|gets) (?:completely |fully |partially |partly |largely "
    r"|mostly |badly |severely "
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
    r"(?:customers?|users?|shoppers?|clients?|visitors?|people|they) (?:begin|began|start|started) (?:to"
    r" )?(?:see|seeing"
    r"|get|getting|hit|hitting|experience|experiencing|report|reporting)",
    r"(?:customers?|users?|shoppers?|clients?|visitors?) (?:saw|got|hit|met|encountered|experienced) ",
    r"(?<![\w)\]] )(?:started|began)(?= (?:at|around|about) )",
    r"(?:began|begins|started|starts) (?:answering|answer|to answer|returning|to return|serving|to serve|throwing)"
    r"(?: [\w-]+){0,8}? (?:errors?|5xx|50\d)",
    r"(?:first|initial) (?:5xx|50\d|error)s?(?: \w+)?",
    r"(?:stop|stops|stopped|quit|ceased) (?:working|responding|answering|serving|functioning)",
    r"did(?: not|n['’]t) work(?: \w+){0,4}|stood still",
    r"could (?:nobody|no (?:one|user|customer))(?: \w+)?",
    r"(?:answered|responded|replied)(?: with)?(?: [\w-]+)? (?:errors?|5xx|50\d)s?(?= (?:from|since)\b)",
    r"broken (?:from|since)|(?:from|since) when it was broken",
    *translations.START,
)
RECOVERY: Final = any_of(
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
    rf"|declared ){{0,3}}(?:over|end(?:ed|s)?|resolved|closed|fixed|subsided|cleared|gone|stopped|disappeared"
    rf"|ceased)",
    rf"(?:end|resolution) of (?:the )?{_INCIDENT}",
    r"all[- ](?:clear|good|green|fine|well)",
    r"resolv(?:ed|es)",
    r"resolution",
    r"(?:incident|impact|outage|event|issue)[- ](?:end(?:ed|s)?|stop)(?: time)?",
    r"ends?(?: time)?(?= ?[:|])",
    r"closed(?: at)?(?= ?[:|])",
    r"full service",
    r"fixed(?= (?:by|since)\b)",
    r"cleared(?= (?:at|by|around) )",
    r"(?:it|issue|problem|bug) (?:was |is |has been )?(?:fixed|solved)",
    r"(?:service|site|shop|traffic|orders?|logins?|payments?|requests?|everything|things?|latency|responses?|errors?"
    r"|error rates?|p\d\d|we|customers?|users?)(?: [\w-]+){0,3}? (?:work|works|working|worked|flow|flows"
    r"|flowing|fine|ok|okay"
    r"|good|normal|healthy|well|up|usable) again",
    r"(?:fine|good|ok|okay|normal|up|healthy|flat|quiet|calm|clean) again",
    r"(?:came|comes|come|were|was|is) back(?= (?:at|by|around)\b)",
    r"(?:all|every) (?:systems?|services?|checks?)(?: \w+)? (?:operational|up|green|normal|go)",
    r"(?:as|like) (?:it|they) (?:was|were) before",
    r"(?:nobody|no (?:one|user|customer)) (?:\w+ ){0,2}(?:errors?|failures?|trouble)(?: any ?more)?",
    r"everything (?:was|is|were) (?:fine|ok|okay|normal|good)",
    r"(?:we |all )?(?:were|was|are|is) (?:clean|clear|fine|ok|stable)(?= (?:at|by|since)\b)",
    r"back (?:where (?:it|they) belongs?|at (?:its|their|the) (?:usual|normal|old|former|previous) \w+|as"
    r" before|to (?:what|where)"
    r" (?:it|they) (?:was|were))",
    r"(?:as|like) (?:before|usual|it was before)",
    r"no (?:more|further) (?:errors?|failures?|failed requests?|5xx|timeouts?|complaints?)",
    r"(?:errors?|failures?|5xx|timeouts?) (?:\w+ )?(?:gone|over|vanish\w*|stopp?\w*|disappear\w*|back (?:to"
    r"|at) (?:zero|0|none))",
    r"(?:site|service|system|shop|api)(?: \w+)? (?:is|was|were|are) (?:healthy|ok|fine|green|good|stable)",
    r"(?:closes|closed|closing) (?:the )?(?:incident|out)",
    *translations.RECOVERY,
    r"normal (?:operations?|service|functionality|levels?)(?: (?:was |were )?(?:resumed|restored))?",
)
MITIGATION: Final = any_of(
    r"mitigat(?:ed|ion|es|ing)",
    r"fix(?:ed)?(?: (?:at|time))?(?= ?[:|])",
    r"(?:fix|hotfix|patch|workaround|mitigation) (?:was |is |were |has been )?(?:applied|deployed|released"
    r"|rolled out|(?:put )?in place|shipped|live|merged)",
    r"appl(?:ied|ies|y) (?:an? |the )?(?:fix|hot-?fix|patch|workaround|mitigation)",
    r"fail(?:ed|s|ing)?[ -]?over",
    r"traffic (?:was |is )?(?:shifted|drained|rerouted|diverted|moved|redirected)",
    r"(?:shifted|drained|rerouted|diverted|redirected) (?:the |all |some )?(?:\w+ )?traffic",
    r"rate[- ]limit\w*",
    r"shed(?:ding)? load",
    r"kill(?:ed|s) (?:the |all |long|blocking)(?: \w+){0,3}(?:quer\w+|sessions?|connections?|transactions?)",
    r"disabled?",
)
GAP: Final = any_of(
    r"not seen",
    r"scrapes? failed",
    r"no (?:samples|data|metrics)",
    r"(?:samples|data|metrics) (?:were |was |are |is )?(?:missing|lost|not available|unavailable)",
    r"missing (?:samples|data|metrics)",
    r"(?:monitoring|data|metrics) gap",
    r"series ended",
)
SYMPTOM: Final = any_of(
    r"(?:cpu|memory|latency|latencies|response times?|load(?! balanc)|disk|error rates?|errors|traffic|connections?"
    r"|queries|query times?|i/o)"
    r"(?: \w+){0,2} (?:was|were|is|are|became|stayed|remained|looked|got|went|climbed|rose|spiked|jumped|grew"
    r"|increased|dropped|fell)"
    r"(?: to| very| too| extremely| at| up| by)*(?: \w+)?",
    r"(?:high|excessive|elevated|saturated|rising|increased) (?:database |db |host |node )?(?:cpu|memory"
    r"|latency|load|error rates?|response times?|disk|traffic)",
)

"""Every number that explain weighs with, each with its reason.

Log-odds are natural: +0.7 doubles the odds, +2.3 makes them ten times as high. They are rounded to what a person can
argue for; benchmarks/changes.md has what the incidents with known truth say about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconstruct.model import EventKind

# ---------------------------------------------------------------- impact: what counts as user_facing

FELT_SAMPLES: Final = 3
"""A symptom of fewer samples than this is a blip: one scrape that hit a slow request is no incident."""
FELT_S: Final = 20.0
"""Nor is one shorter than this, however dense the samples: no user reports it and no alert waits so little."""
FELT_TWO_S: Final = 120.0
"""Two samples are no blip where they stand for so long: two bad samples of five minutes are ten minutes of outage."""
AT_CAPACITY: Final = 0.95
"""Of a resource: one sample that users met is no blip where the same service had nothing left meanwhile."""
LATENCY_TIMES: Final = 1.5
"""Users tell latencies apart when they differ by about half (Weber fractions of waiting are near 0.2 in a laboratory;
a service's own day already swings by more than that)."""
ERROR_SHARE: Final = 0.01
"""One failed request in a hundred: the usual order of an availability objective's budget for an hour."""
AVAILABILITY_DROP: Final = 0.05
"""Of the time or of the instances; below it retries hide the loss."""
RATE_TIMES: Final = 3.0
"""Errors told only per second have no share: three times the usual rate counts as 1 % would."""
FORERUNNER: Final = 0.1
"""Of its own later excess: a series that crept at less than this before it broke is dated to the break. 7 ms that
became 15 ms were noticed by nobody, when two minutes later they became 1,300 ms."""
FULL_S: Final = 120.0
"""A symptom that lasts less than this counts for less, in proportion: half a minute of slowness is soon forgiven,
half a minute of total failure is not."""
INCIDENT_AT: Final = 1.4
"""Doublings beyond the smallest noticeable effect, over all supporting series, that make an incident without any
alert: latency four
times what it was, or one request in forty failing. On the recorded quiet day the worst is 0.2, in incidents 16."""
ALERT_BONUS: Final = 1.5
"""A firing alert on an affected service: somebody chose that threshold as worth waking up for."""
GENERIC_SHARE: Final = 0.6
"""A signal that a naming convention made up is believed by so much: its reading of the name may be wrong."""
SECOND_WITNESS: Final = 0.5
"""Further witnesses count by half each: one fault moves many symptoms, so they are not independent."""
MERGE_SAMPLES: Final = 10
"""Symptoms that pause for fewer samples than this are one episode: alerts and error rates flap."""
MERGE_S: Final = 60.0
"""... and in any case when they pause for less than this."""
MAIN_SHARE: Final = 0.35
"""A symptom of less than this share of the strongest one's strength does not date the incident: neither its onset
nor its recovery. A guess that keeps the slow tail of a faint percentile out of the recovery."""

# ---------------------------------------------------------------- changes

CHANGE_KINDS: Final[Mapping[EventKind, float]] = {
    "deploy": 0.0,
    "migration": 0.0,
    "config": 0.0,
    "flag": 0.0,
    "rollback": -0.5,
    "scale": -0.5,
    "job": -0.7,
    "restart": -1.5,
}
"""Events that can set an incident off, with the log-odds of each kind against a deploy. A rollback goes to what ran
before; most restarts are a consequence; a job that runs every night did nothing on all the other nights."""
NO_CHANGE: Final = -0.5
"""Log-odds of "no change did it" against a change of an unknown service at an unknown time ..."""
UNSEEN: Final = -0.5
"""... and of something that neither signals nor events show. Public accounts put the share of incidents set off by a
change at about 70 % (SRE book, chapter 1): with one change of the service that failed first, minutes before the
onset (+1.2), that is what comes out."""

FRESH_S: Final = 180.0
"""A deploy younger than this has hardly rolled out when the symptoms begin: pods start one after the other, caches
fill, traffic moves. On the change scenarios 105 to 240 s give the same first hints."""
FRESH: Final = -1.2
"""Log-odds of a deploy at the very moment of the onset, rising to 0 at FRESH_S. Not asked where the samples show when
the release took effect (its instances restarted)."""
TAKES_EFFECT_S: Final = 900.0
"""A rollout is done, and its effect there, within a quarter of an hour (the usual progress deadline is 10 min)."""
OLD_S: Final = 1800.0
"""After half an hour a step has other reasons ..."""
OLD: Final = -2.5
"""... with these odds; between TAKES_EFFECT_S and OLD_S the log-odds fall in a line with the logarithm of the lag."""
FORGOTTEN_S: Final = 6 * 3600.0
"""A change this much older than the onset is not looked at (unless a slow line began with it)."""
AGING: Final = -0.01
"""Log-odds a minute of lag within TAKES_EFFECT_S: of two otherwise equal changes the nearer one, by a little."""
AT_ONCE_S: Final = 60.0
"""A flag, a configuration or a schema change acts within a minute (polling of a flag service, a reload) ..."""
LATE: Final = -2.2
"""... and hardly ever later: log-odds at LATE_S, as it has then been in force for minutes without any harm, falling on
to TOO_LATE within TAKES_EFFECT_S."""
LATE_S: Final = 180.0
TOO_LATE: Final = -3.5
AFTER_LINE: Final = -3.0
"""A change after a slow line that led to the bound had begun: it may have hastened the end, it did not begin it."""

FIRST: Final = 1.2
"""The change is of the service that failed first."""
FIRST_TIED: Final = 0.4
"""... of one that failed in the same sample, while another is likelier to have been first: it was alerted on, is
called by the others, or was hit harder."""
FIRST_OBSERVER: Final = 0.2
"""... which only passes on what others answer (a load balancer in front of failing services)."""
INVOLVED: Final = 0.6
"""The change is of a service whose own figures got worse by then (the database under the service)."""
CALLED: Final = 0.3
"""... of one that the failing service calls, and nothing is measured there."""
DATABASE_CHANGE: Final = 0.7
"""A migration while the database layer moved, of a database whose metrics bear another name."""
DOWNSTREAM: Final = -0.7
"""... of a service that got worse later than the first."""
UNMEASURED: Final = -0.7
"""... of a service nothing is measured of, and no call is known to it."""
HEALTHY: Final = -2.5
"""... of a service that is measured and stayed as it was."""

CANARY: Final = 2.3
"""Instances that have the change suffer and those without do not (or the other way round): a controlled experiment,
though a small one."""
NEGATIVE_CONTROL_EACH: Final = -0.1
"""An earlier change of the same service and kind that did nothing. If one in ten such changes does harm, each harmless
one seen lowers that estimate by about a tenth."""
NEGATIVE_CONTROL_SAME: Final = -0.7
"""... and one that was the very same (a job of that name, a restart): what did nothing yesterday does nothing today."""
MAX_PLACEBO: Final = -1.5
REVERSED: Final = 3.0
"""The symptoms left when the change was undone: the strongest evidence short of doing it again."""
PARTLY_REVERSED: Final = 1.5
NOT_REVERSED: Final = -3.5
"""The change was undone and the symptoms stayed."""
CURED_WITHOUT: Final = -0.9
"""The symptoms left while a lasting change stayed in place. Not more: manual rollbacks are often not announced
(argoproj/argo-rollouts#3721)."""
CURE_S: Final = 900.0
"""A cure shows within a quarter of an hour of its end (as TAKES_EFFECT_S)."""
FIX_S: Final = 300.0
"""... and within five minutes where the change took nothing back, but was only made to what had failed."""
PARTLY: Final = 0.5
"""A symptom that keeps less than this share of its excess over the baseline has partly gone."""

# ---------------------------------------------------------------- alternatives: what else it could have been

ALTERNATIVE: Final = -1.5
"""An alternative explanation that is seen at work, for a change that it leaves no part to ..."""
ALTERNATIVE_HALF: Final = -0.7
"""... and one that is seen in part."""
ALTERNATIVE_NULL: Final = 1.5
"""What the same evidence gives to "no change", and half of it for an alternative seen in part."""
TRAFFIC_TIMES: Final = 1.3
"""Traffic up by less than this is an ordinary hour: services are run with more headroom."""

# ---------------------------------------------------------------- mechanisms

MUST: Final = 1.0
"""For each thing a mechanism must show and shows."""
MAY: Final = 0.4
"""For each further thing that fits it."""
MUST_NOT: Final = -2.5
"""For each thing that speaks against it."""
UNMEASURED_SIGN: Final = -0.5
"""For each thing that it must show and nothing measures."""
FIGURES: Final = 3
"""Series told per reason; all of them are in the anomalies."""
GENERAL: Final = 0.3
"""A mechanism that names nothing specific (bad-change) if anything failed at all: every other one that is shown is
preferred."""
TYPICAL: Final = 0.7
"""A mechanism is shown that few kinds of change set off, and this is the one that mostly does."""
ROUND_TRIPS: Final = 20.0
"""A request that talks to its database twenty times is chatty: a round trip slower by d explains at most this times
d."""
CALL_TRIPS: Final = 4.0
"""Round trips of one counted call: a connection is checked, a transaction begun, the statement sent, and committed."""
EXPLAINS_SHARE: Final = 0.1
"""What explains less than a tenth of the effect cannot account for it."""
HOST_BUSY: Final = 0.85
"""Of a host's CPU: from here on work waits for it (in an M/M/1 queue 5.7 jobs stand there, against 1 at half load)."""
GROWTH_SHARE: Final = 0.2
"""Memory or disk use that grew by less than this share of what it was is an ordinary day."""
STAYED_SHARE: Final = 0.8
"""A symptom that keeps so much of its excess after something else was over did not need it."""
ROOM_LEFT: Final = 0.2
"""Of memory or disk: with a fifth left it is not yet full, but this is where alerts on it usually stand."""
LASTS_SHARE: Final = 0.5
"""What was there for less than half of the impact does not explain it: a backlog may outlast its reason once, and
what leaves longer marks (load, a full disk) is asked otherwise."""
RECENT_SAMPLES: Final = 10
"""So many samples before the onset tell what had stood there without harm ..."""
RECENT_S: Final = 60.0
"""... over at least this time."""
LEADS_S: Final = 6 * 3600.0
"""A slow line (memory, disk, a certificate) is followed back so far."""

# ---------------------------------------------------------------- verdicts

SUPPORTED_AT: Final = 0.7
PLAUSIBLE_AT: Final = 0.4
"""Confidences from which a hint is called so: two to one and better; and likelier than any other, with three open."""
ALTERNATIVE_AT: Final = 0.15
"""Another change that is as likely as this keeps the first from being called supported on time and place alone."""
SPEAKS_AGAINST: Final = -1.0
"""A reason of this weight is a reason against; lighter ones only temper."""
TOLD_AT: Final = 0.02
"""A change below this is not a hint; near the onset it is dismissed, with its reason."""
UNCHANGED_TOLD_AT: Final = 0.1
"""No change at all is told from here on: below, it only repeats the first hint without its trigger."""
HINTS: Final = 5
"""More hints than this are not read."""
DISMISSED_WITHIN_S: Final = 3600.0
"""Harmless changes are named when they lie within this of the onset or in the episode: others nobody would
think of."""

"""Every constant of the detector, with its reason; docs/detection.md shows what changing one costs.

`searched` = chosen from a few values on the development data, where the surface is flat; `theory` = follows from the
statistics named; `guess` = set once by hand, never searched.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameters:
    """How far from its own history a series must go, for how long, before it is news."""

    # -- calibration: what is normal for means over 1, 2, 4 ... `longest` samples
    longest: int = 64
    """Samples in the longest mean; beyond 64 nothing was gained (searched: 16 to 128)."""
    spreads: float = 5.5
    """Noise: so many robust spreads of a mean are normal (searched: flat from 4.5 to 6.5)."""
    parts: int = 32
    """The history is cut into so many parts; the extreme of each says how wild an ordinary stretch is (searched)."""
    recurring_extreme: int = 6
    """What so many separate parts reached is a recurring_extreme of the series, however wild (searched: as 4 of 16)."""
    habit_edge: float = 1.2
    """The same for edges, times this: an edge takes the larger of two directions (searched: flat from 1 to 1.4)."""
    margin: float = 1.05
    """What the history reached once is normal too, with a little room above it (searched: 1 to 1.15)."""
    ceiling: float = 8.0
    """... but at most this many plain standard deviations, so that one burst does not deafen the series (searched)."""
    quantile_samples: int = 256
    """Values sorted for the quantiles of single samples (speed; 128 costs .003)."""
    quantile_means: int = 64
    """The same for means and edges (speed; 128 gains nothing that lasts)."""

    # -- how much history is enough
    least_samples: int = 12
    """Fewer healthy samples than this and a series is not judged: its quartiles rest on three samples (guess)."""
    enough_samples: int = 60
    """With fewer than this the thresholds are raised by sqrt(enough / had), as the error of a spread grows (theory)."""

    # -- acceptance: evidence is asked for where luck is cheap
    tie: float = 1e-4
    """A score must pass 1 by this: reaching exactly what the history reached is no news, whatever the rounding."""
    doubt: float = 2.0
    """Score asked of a sample or two, of what stays `near` normal, and of a further look at one series (searched)."""
    near: float = 5.0
    """Below so many plain standard deviations a excursion is `near` normal (searched: 4 to 6)."""
    least_sigmas: float = 3.0
    """Smallest excursion in robust spreads; two thirds of it from nine samples on (searched: flat from 2.5 to 4)."""
    edge: float = 1.1
    """Score of an edge that is news although the level is not (searched: 1 to 1.25)."""
    edge_stays: float = 1.4
    """The same where it does not come back, or only after `edge_long`: more often the next regime (searched)."""
    edge_long: int = 13
    """Samples after which an edge that comes back counts as staying (guess)."""
    edge_clean: float = 1.5
    """An edge longer than three samples must be so many local spreads high (searched: 1.5 to 2 is much the same)."""
    ongoing_at_start: float = 3.0
    """Score asked of a excursion that began in the history: a series that drifts looks like one (searched: 2, 3)."""
    most_departures: int = 4
    """Told per series and window, the most surprising first; a series with more has changed its nature (guess)."""
    most_looks: int = 8
    """Looks taken at one series for them."""

    # -- fitting: from where to where
    shortest: float = 0.75
    """The shortest mean with this share of the best score says where to look, beside the longest one (searched)."""
    drop: float = 14.0
    """A segment ends once the log-likelihood has fallen this far below its best: odds of a million (theory)."""
    back: float = 0.1
    """Below this share of the excursion's height it is not yet, or no longer, the same thing (searched: .07 to .15)."""
    ramp_gain: float = 0.25
    """A ramp that ended must leave this share of what a step that stays leaves, in squares (searched)."""

    # -- bursts: many single excursions instead of a level
    burst_rate: float = 0.3
    """Share of samples beyond the history's 95 % range while a burst lasts (guess; six times the usual if more)."""
    burst_drop: float = 5.0
    """A burst ends after a quiet stretch that lowers its log-likelihood by this: fifteen samples (searched: 3 to 5)."""
    burst_margin: float = 1.5
    """A burst must be this much likelier than the history's best one (searched: 1 to 3)."""
    burst_full: float = 0.8
    """Above this share of samples outside on one side it is a level and no burst (searched: .6 to .9)."""
    burst_strong: float = 0.6
    """Excursions count as strong from this share of the single-sample threshold (searched: .6 to .8)."""
    burst_others: int = 3
    """Strong excursions outside the best level segment that make it a burst ..."""
    burst_middle: float = 0.5
    """... or a middle of that segment that is nearer normal than this share of its strong excursions (guess) ..."""
    burst_runs: int = 4
    """... in so many separate runs ..."""
    burst_run_length: float = 3.0
    """... of at most so many samples on average: two incidents are two blocks, not a burst (searched: 2 to 4)."""

    # -- flat lines
    flat_samples: int = 32
    """A series that always moved and takes one value for so many samples is stuck (guess)."""

    # -- screening
    block_bytes: int = 6 << 20
    """Series handled at once: float32, before the means (speed: 3 to 6 MB is much the same)."""


PARAMETERS = Parameters()

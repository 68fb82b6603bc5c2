"""The lenient thresholds that let most series go must never let one go that the full ones would hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruct.detect.calibrate import Terms, calibrate
from reconstruct.detect.multiscale import longest_mean, moving_means
from reconstruct.detect.parameters import PARAMETERS
from reconstruct.detect.screen import score


@given(st.integers(0, 2**32 - 1), st.integers(24, 400), st.floats(0.3, 0.9))
@settings(max_examples=60)
def test_lenient_scores_are_never_below_the_full_ones(seed: int, rows: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        [
            rng.normal(size=rows),
            np.cumsum(rng.normal(size=rows)),
            rng.poisson(0.3, rows),
            np.exp(rng.normal(size=rows)),
            (np.arange(rows) % 17 == 0) * 5.0,
        ]
    ).astype(np.float32)
    first = max(12, int(share * rows))
    layers = moving_means(x, longest=longest_mean(first, rows - first, longest=PARAMETERS.longest))
    ones = np.ones(x.shape[1], np.float32)
    terms = Terms(ones * np.float32(1e-6), ones * 0, ones)
    noise, lenient, full = (
        score(layers, calibrate(layers, first=first, terms=terms, reasons=way, parameters=PARAMETERS))
        for way in ("noise", "extremes", "all")
    )
    assert (noise.level >= lenient.level * (1 - 1e-5)).all()
    assert (noise.edge >= lenient.edge * (1 - 1e-5)).all()
    assert (lenient.level >= full.level * (1 - 1e-5)).all()
    assert (lenient.edge >= full.edge * (1 - 1e-5)).all()

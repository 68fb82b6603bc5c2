"""Moved: figures in words are `reconstruct.units`, which every stage may import."""

from reconstruct.units import figure, human, human_duration, scale_for, six_digits

__all__ = ["figure", "human", "human_duration", "scale_for", "six_digits"]

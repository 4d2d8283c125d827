"""Steelyard 衡: service quality that can be read off the beam."""

__version__ = "0.1.0"

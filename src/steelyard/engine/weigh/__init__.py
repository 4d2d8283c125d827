"""Figures become points, points a weighed total, totals grades and ranks: the beam on which everything is read.

All arithmetic is exact; it is rounded half away from zero to 0.01 at each leaf's points, each node, each
adjustment and the total, and nowhere else (SPEC §4).
"""

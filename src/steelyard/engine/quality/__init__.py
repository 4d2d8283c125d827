"""Statistics that stand on the ground: rounding, intervals, pairwise weights. Exact in, exact out."""

"""Measures become figures: one statement a basis counts every measure for every subject and period.

``periods`` says what was asked, ``statements`` writes the SQL from a small closed set of portable
constructs, a backend runs it and returns integers, ``figures`` makes values, intervals and statuses in
one place in Python, so that every backend gives the same digits.
"""

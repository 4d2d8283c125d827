"""A believable quarter of a service desk, made up from a seed: rows as its systems would export them.

Everything is a pure function of ``(seed, size)`` and drawn in whole numbers, so that every machine makes the same
rows. ``scene`` holds who works there and when it is open, ``tickets`` the life of a ticket, ``around`` calls,
surveys, inspections and marks, ``files`` writes them down with the mappings and the policy that read them.

What is hidden in the rows, for figures to bring to light: one person takes more than twice as long as the
others; one group stops the clock just before the due and sees its tickets reopened; one of the best has a
serious violation in June; somebody new has hardly any tickets yet.
"""

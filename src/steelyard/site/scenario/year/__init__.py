"""A believable year under a sector's policy, made up from a seed and told as facts.

A pure function of the seed, the size, the pack's policy and its ``scenario.yaml``: who is there (``people``), what is
opened and how it goes on (``lives``), what customers answer (``asking``), what the policy has done again and again
(``turns``) and looked at (``checking``). ``telling`` puts it into a ledger. Whole numbers only; some thousands of
lives at a time. What is hidden in the rows stands in the parameters under ``hidden``.
"""

"""Facts become the tables that measures count: one table a basis, rebuilt from the ledger at will.

``build`` makes them all in a DuckDB connection; ``fold`` is the clock that the live service calls and
``fold_many`` the same meaning for millions of cases at once.
"""

"""Drafting a mapping for an unknown file: what it is written in, what its columns hold, what they may mean."""

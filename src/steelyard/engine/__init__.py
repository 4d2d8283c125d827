"""Policy and facts in, figures out: pure Python, usable from a notebook."""

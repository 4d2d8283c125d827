"""``python -m steelyard`` is the command line."""

from steelyard.site.cli import main

main()

"""Where the stages meet people: the command line, the demonstration and, later, the web."""

"""The verbs of the engine, one page each: assess, explain, verify, check."""

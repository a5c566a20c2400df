"""The rim of an acceptance run: programs that are sent to where they must run, and the run that they are parts of."""

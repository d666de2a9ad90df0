"""The parts of a run: the folder it lives in, the executor it opens, the time it reserves, how it finishes."""

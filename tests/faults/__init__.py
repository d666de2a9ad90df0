"""Every fault, injected for real: its outcome, its line, and that it touches nothing else. One file per kind."""

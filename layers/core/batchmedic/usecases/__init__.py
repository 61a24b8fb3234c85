"""One module per function: what it does, said without AWS."""

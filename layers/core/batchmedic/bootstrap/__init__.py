"""Wires the use cases: a module for each function, which imports nothing that only another one needs."""

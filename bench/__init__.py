"""Counts what a burst of job events costs, in the simulated account: exact numbers, no network."""

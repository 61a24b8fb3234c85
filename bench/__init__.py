"""What it costs: a burst of job events, counted in the simulated account, and the start of a function. No network."""

"""Whether a compute environment is idle, and what becomes of its floor: pure."""

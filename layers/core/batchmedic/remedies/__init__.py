"""One remedy per module: what it mends, how, and what must not stand against it."""

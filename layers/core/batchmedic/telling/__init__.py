"""How people are told: which channel, when again, and what batchmedic says of itself."""

"""How floors are seen to: what is looked at, what is changed, who hears of it."""

"""One file per way to deliver a notice."""

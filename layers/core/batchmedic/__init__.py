"""batchmedic: finds out why AWS Batch jobs hang in RUNNABLE, and tells people."""

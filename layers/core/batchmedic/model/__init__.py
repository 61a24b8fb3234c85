"""What AWS Batch and its surroundings look like, as frozen values."""

"""What runs on a developer's machine only: the simulated AWS account, the local stack and the demo."""

"""What people are told, and when: pure."""

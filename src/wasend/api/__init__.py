"""What WASend offers: one room a subject, its models and its calls together."""

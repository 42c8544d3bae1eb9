"""What WASend offers: a module for each subject, with its models and its calls."""

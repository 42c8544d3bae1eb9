"""For other people's task queues: each module needs the extra of its name, and none is imported by the package."""

"""Where this package keeps what must outlive the process: an SQLite file, or PostgreSQL. Nothing of messages."""

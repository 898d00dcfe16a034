"""Where data lies: files, SQLite, PostgreSQL. Every failure is told with what to do about it, never with a value."""

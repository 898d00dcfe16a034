"""What can be protected, read from disk, and its protected copy, put in place in one step."""

"""The one corridor: every command of every edge passes it, and nothing else leads from an edge into a room."""

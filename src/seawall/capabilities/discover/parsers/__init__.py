"""Parsers: a file becomes texts and columns. They run on hostile input, in a worker of their own with hard limits."""

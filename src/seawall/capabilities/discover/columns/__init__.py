"""Columns: counted batch by batch, classified at the end from what was counted and what the column is called."""

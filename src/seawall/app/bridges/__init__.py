"""Bridges: each fills one room's ports from other rooms' services, so that the rooms need not know each other."""

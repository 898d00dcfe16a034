"""Checks: small functions that judge measured facts, each declaring the controls it answers and what it can prove."""

"""Seawall: find, protect, control, watch and prove, over keys that never leave your root of trust."""

__version__ = "0.1.0"

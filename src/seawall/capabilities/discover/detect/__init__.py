"""Detectors: each knows how one class of data is written, how it is checked, and what words stand around it."""

"""Telemetry: what is told to those who follow requests through many systems."""

"""Sinks: where the ledger's records go off the machine."""

"""What stands behind the ledger's ports."""

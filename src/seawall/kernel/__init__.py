"""What every room may name: errors, identifiers, time, secrets, paging and shared terms. It imports nothing of ours."""

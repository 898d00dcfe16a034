"""Slow cryptography in processes of its own: SLH-DSA, and RSA keys made ahead."""

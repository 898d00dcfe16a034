"""Roots of trust: a passphrase-sealed file, and a PKCS#11 token behind a worker process."""

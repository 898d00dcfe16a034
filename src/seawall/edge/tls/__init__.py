"""TLS 1.3 before any protocol of the node: memory BIOs of OpenSSL between the socket and what speaks on it."""

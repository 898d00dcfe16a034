"""Keys: domains, life cycle, versions, and use of keys under a root of trust."""

"""The Practice Guide as data: its entries, the register of instruments they refer to, and their validation."""

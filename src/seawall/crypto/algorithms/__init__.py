"""Every algorithm that Seawall serves."""

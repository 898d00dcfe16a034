"""Dual control: what needs the approval of others, who may give it, and how each vote is proved."""

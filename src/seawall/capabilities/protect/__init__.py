"""Protect a copy of data by its classification: tokenise, encrypt, mask; and reveal, to those who may see."""

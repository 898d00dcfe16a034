"""The algebra of identifiers: how they are written, and the digits that check them; pure, the same for all."""

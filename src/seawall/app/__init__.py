"""The composition root: the only room that knows everybody. Plain constructor injection, nothing clever."""

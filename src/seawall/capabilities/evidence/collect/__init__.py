"""One collector for each kind of fact: what a room shows goes in, a measured value comes out."""

"""The processes of a node: one parent that binds, forks, watches and stops, and the children it keeps alive."""

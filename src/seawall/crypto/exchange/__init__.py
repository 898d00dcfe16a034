"""Keys on their way in and out: plain forms, and forms under a key of the receiver."""

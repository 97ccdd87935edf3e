"""ActivityPub: what comes in, what goes out."""

"""Events of ours as activities in the outbox, in the same transaction."""

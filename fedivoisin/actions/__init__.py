"""What a person or a peer may do: load facts, apply the rule, store, write the journal."""

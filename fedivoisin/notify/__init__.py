"""Events to words: mail and, later, push."""

"""Pure rules of the life of the neighbourhood."""

"""Pure market rules: listings, their kinds and their life."""

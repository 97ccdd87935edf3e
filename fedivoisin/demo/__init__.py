"""Three neighbourhoods with their people and listings, for whoever wants to look before installing."""

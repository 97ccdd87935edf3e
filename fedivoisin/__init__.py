"""A federated neighbourhood network: listings, sponsorships and bans that travel between towns."""

VERSION = "0.1.0"

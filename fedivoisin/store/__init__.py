"""All SQL: one module per aggregate, domain dataclasses out."""

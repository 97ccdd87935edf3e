"""Bytes only, no I/O: signatures, digests, proofs, JSON-LD and keys."""

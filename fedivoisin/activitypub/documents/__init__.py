"""Dataclasses to JSON, pure."""

"""The examination of another server, step by step."""

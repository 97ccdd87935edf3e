"""Measurements of the program as it runs, each beside something plain that shows what the machine can do."""

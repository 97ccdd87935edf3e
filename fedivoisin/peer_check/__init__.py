"""`fedivoisin federation check`: step by step, what works between us and another server, and what does not."""

"""Characters that nobody sees and that nothing of ours keeps."""

import re

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Bidi controls can show a text in another order than it is stored; the other controls show nothing at all."""

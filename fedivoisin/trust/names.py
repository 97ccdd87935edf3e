"""Names of accounts, made out of the names of people."""

import re
import unicodedata

LONGEST = 24
_OTHERS = re.compile(r"[^a-z0-9]+")


def suggestion(display_name: str) -> str:
    """`Léo Martin` is called leo-martin; a name without a Latin letter becomes `voisin`."""
    folded = unicodedata.normalize("NFKD", display_name.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae"))
    bare = "".join(letter for letter in folded.lower() if not unicodedata.combining(letter))
    name = _OTHERS.sub("-", bare).strip("-")[:LONGEST].strip("-")
    return name if len(name) >= 2 else "voisin"

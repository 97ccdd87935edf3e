"""The tests mirror the tree of fedivoisin; what they share stands at the top: fakes, makers, databases."""

"""`python -m fedivoisin`."""

from fedivoisin.cli import main

main()

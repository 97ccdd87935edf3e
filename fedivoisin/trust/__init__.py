"""Pure trust rules: facts in, events out, or Refused."""

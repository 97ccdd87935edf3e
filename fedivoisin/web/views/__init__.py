"""One module per subject: read, then a template; one write, then a redirection."""

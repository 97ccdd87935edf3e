"""The doors to the outside: network, mail, pictures, places."""

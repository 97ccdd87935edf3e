"""What tries to knock the program over: fuzzers, and a soak under failing hosts and kill -9 (`make torture`)."""

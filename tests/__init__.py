"""The tests: one folder per package, and what concerns the repository as a whole beside them."""

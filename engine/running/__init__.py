"""Policies compiled and run: formulas and tables as closures and indexes, rules by a matcher."""

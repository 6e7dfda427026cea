"""A policy over ranges of values: what conditions, formulas and derived facts come to when facts lie somewhere."""

"""Measures, and prints the machine beside the figures; nothing here is asserted by a test."""

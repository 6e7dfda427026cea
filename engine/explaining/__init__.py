"""Evaluations -> decisions: outcome and offer, trace, reasons, statements, derivation graph."""

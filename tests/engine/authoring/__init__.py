"""Tests of what the authors of policies use."""

"""Tests of api/statistics and /statistics."""

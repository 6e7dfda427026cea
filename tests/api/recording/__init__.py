"""Tests of `api.recording`."""

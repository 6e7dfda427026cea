"""Tests of `api.webhooks`."""

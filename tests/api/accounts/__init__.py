"""Tests of credit lines kept here: api/accounts, /lines."""

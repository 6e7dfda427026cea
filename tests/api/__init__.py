"""Tests of the service: HTTP, the command line, and what lies between them and the log."""

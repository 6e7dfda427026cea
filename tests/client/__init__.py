"""The generator of `api/client`: reads the OpenAPI document, writes Python. ``python -m tests.client`` writes the files."""

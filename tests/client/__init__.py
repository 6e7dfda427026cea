"""The generator of `api/client`: from the OpenAPI document to Python; ``python -m tests.client`` writes the files."""

"""Letters to applicants."""

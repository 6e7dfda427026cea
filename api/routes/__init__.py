"""The HTTP routes, one file per resource. They decode, ask the workflow or a query, and answer; nothing else."""

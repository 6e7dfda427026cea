"""Policy files -> policies: YAML with places, the expression language, checks, bundles."""

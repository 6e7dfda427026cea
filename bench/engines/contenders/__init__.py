"""One module per contender; each has `contenders(policies)`, and raises ImportError when its package is not there."""

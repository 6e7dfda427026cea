"""One policy through many engines: the answers are compared first, then the time one explained decision takes."""

"""Who is let in, with what, how often: the gate before every route."""

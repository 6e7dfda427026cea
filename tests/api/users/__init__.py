"""Users of the console, from their making to their end."""

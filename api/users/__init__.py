"""Users of the console: people with a name, a role and a password; see `directory`."""

"""The commands, one file per word of the command line; `api.cli` is their door."""

"""Mutation testing of `engine/`: small mistakes put in one at a time, and whether a test fails (docs/mutation.md)."""

"""Complaints, disputes, access requests and counter-offers."""

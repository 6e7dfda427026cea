"""Matters 来函事项: complaints, disputes of credit information, access requests and counter-offers, and their clocks.

Each begins the periods that the jurisdiction's pack names for it, and ends with an answer (docs/matters.md). A case is
about whether a decision stands; a matter is anything else that somebody has to be answered by a day.
"""

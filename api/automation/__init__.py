"""A person may refuse to be decided about by machine alone (PIPL article 24, GDPR article 22; docs/automation.md).

`referral` is what such a decision becomes, pure; `refusing` records who refused; `tables` is how that is found again.
"""

"""Letters to applicants: the notice of a decision, the answer to a case; in Chinese and English (docs/letters.md).

`letter` is what a letter holds, pure; `composing` makes one of a decision; `rendering` and `pdf` print it; `notices` is
the use cases, and `tables` how an issued one is found again.
"""

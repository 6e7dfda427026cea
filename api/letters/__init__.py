"""Letters to applicants: the notice of a decision, the answer to a case; in Chinese and English (docs/letters.md).

`letter` is what a letter holds, pure; `composing` makes one of a decision, `answering` of a case; `rendering` and
`printing` set it; `notices` and `cases` are the use cases, and `tables` how an issued notice is found again.
"""

"""One file per revision; what a database has gone through is never edited."""

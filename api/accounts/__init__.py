"""Line accounts 额度账户: what decisions made of a credit line, kept as changes in the log (docs/lines.md)."""

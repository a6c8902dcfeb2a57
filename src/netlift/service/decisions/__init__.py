"""The live plan's answers, quotes, and the log of who was shown what."""

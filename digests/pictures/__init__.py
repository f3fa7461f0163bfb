"""Pictures: what is drawn is made by pure functions, which tests ask; drawing is for a process of its own."""

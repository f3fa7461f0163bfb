"""One module per family of commands; each offers `handlers()`, the PTB handlers it answers with."""

"""The demo's newsstand: sample outlets, or a folder of saved feeds, served on the loopback address."""

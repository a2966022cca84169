"""The machine, the caller and the installation: what they may and may not do to the program."""

"""A figure that the program does not have, as somebody would add it: its model, its entry, an example, a line of the report."""

"""An edition proves itself, and whatever is changed in it is found."""

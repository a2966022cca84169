"""The demonstration: a synthetic Stockholm, and its figures compared with the printed annual report of 2023."""

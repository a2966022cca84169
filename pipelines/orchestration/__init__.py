"""Puts the steps together: one Dagster graph from the drop folder to the published pages, one job, one schedule.

Nothing is computed here; each asset calls the module that does.
"""

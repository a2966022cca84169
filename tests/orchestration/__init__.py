"""The Dagster graph as others see it: names, selection, schedule, and what is kept of runs."""

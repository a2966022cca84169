"""The plain-Python model of deliveries.md and figures.md, and the builder of small worlds to feed it."""

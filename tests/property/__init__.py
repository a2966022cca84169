"""Property tests: random small worlds, computed by the pipeline and by the plain-Python model."""

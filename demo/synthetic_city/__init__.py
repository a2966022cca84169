"""A synthetic Stockholm: deliveries for 2021-12-01 – 2023-11-30 that add up to the annual report of 2023.

Knows the delivery format and the printed totals. Knows nothing of the program that takes the deliveries in.
"""

from demo.synthetic_city.city import build_city, generate

__all__ = ["build_city", "generate"]

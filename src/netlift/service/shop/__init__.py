"""Customers, products, stock and prices, as the shop tells of them."""

"""Coupons, limits, budgets, points and gift cards as accounts; it knows no other room of the service."""

"""Behaviour and sales as they come in: none that was accepted is lost, none counts twice."""

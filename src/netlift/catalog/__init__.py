"""What products are: which go together, which stand for each other, and what is written and shown of them."""

"""Promotions and plans as versioned artefacts, from draft through a second person's approval to live."""

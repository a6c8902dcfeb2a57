"""How the tables of the room `shop` came to be."""

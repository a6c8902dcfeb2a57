"""How the tables of the room `catalog` came to be."""

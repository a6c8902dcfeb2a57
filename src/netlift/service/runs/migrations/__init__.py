"""How the tables of the room `runs` came to be."""

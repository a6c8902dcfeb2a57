"""Speed (`bench_*.py`) and quality (`quality_*.py`), kept apart; each file has one `run(**options) -> dict`."""

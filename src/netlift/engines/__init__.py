"""Where tables live and run: DuckDB on one machine (default), Spark beyond it.

Work on tables is written once, as Narwhals expressions from one lazy frame to another, and every engine
runs it over the same Parquet files. This folder knows nothing of promotions.
"""

from netlift.engines.base import ENGINES, Engine, Frame, Settings, engine

__all__ = ["ENGINES", "Engine", "Frame", "Settings", "engine"]

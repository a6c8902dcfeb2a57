"""Where tables live and run: DuckDB on one machine (default), Spark beyond it."""

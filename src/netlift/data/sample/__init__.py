"""Real grocery data that ships with the package: whole households of The Complete Journey 2.0."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The folder with the sample's Parquet files, ready to be ingested."""

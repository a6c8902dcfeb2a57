"""The options of `netlift audit` and `netlift ingest` with their help texts, so that the commands stay readable."""

from pathlib import Path
from typing import Annotated

import typer

_ROLE = "Column of an experiment or panel"

Paths = Annotated[
    list[Path] | None, typer.Argument(help="Exports, a folder of them, or a workspace.", show_default=False)
]
Folder = Annotated[Path, typer.Option(help="Where tables and report go when files are given.")]
Files = Annotated[list[str], typer.Argument(help="Exports, folders of them, or file.db::table.", show_default=False)]
Store = Annotated[Path, typer.Option(help="Folder that takes the tables in; made if it is not there.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of text files, if it is not found.")]
Guess = Annotated[bool, typer.Option("--guess", help="Print a draft of a mapping file and take nothing in.")]
ReceiptPage = Annotated[Path | None, typer.Option("--html", help="Also write the data receipt as an HTML page.")]
Margin = Annotated[
    float | None,
    typer.Option(help="Gross margin at list price (0.35 is 35 %) for goods without a known cost; it is kept."),
]
Kind = Annotated[str | None, typer.Option("--as", help="Format of the files, if it is not recognised.")]
Currency = Annotated[str | None, typer.Option(help="Currency of files that name none, or the one to keep.")]
Timezone = Annotated[str | None, typer.Option(help="IANA time zone of times that carry none.")]
Mapping = Annotated[Path | None, typer.Option(help="Mapping file (see: netlift ingest --guess).")]
Washout = Annotated[
    int | None, typer.Option(min=0, help="Days after each promotion that count; default: two purchase cycles.")
]
Level = Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level of the intervals.")]
Seed = Annotated[int, typer.Option(help="Seed of folds and placebos.")]
Lang = Annotated[str, typer.Option(help="Language of texts: en or zh-CN.")]
Report = Annotated[Path | None, typer.Option(help="HTML report; default: reports/audit.html in the workspace.")]
Table = Annotated[Path | None, typer.Option(help="Also write the findings as a Parquet table.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Experiment = Annotated[
    Path | None, typer.Option(help="Judge a plain table instead: one row per unit with its arm and outcomes.")
]
Panel = Annotated[Path | None, typer.Option(help="Judge a plain panel instead: unit, time, treated, outcome.")]
Unit = Annotated[str | None, typer.Option(help=f"{_ROLE}: who was assigned.")]
Arm = Annotated[str | None, typer.Option(help=f"{_ROLE}: the arm.")]
Control = Annotated[str | None, typer.Option(help="Value of the arm column that is control.")]
Outcomes = Annotated[list[str] | None, typer.Option("--outcome", help=f"{_ROLE}: an outcome; may be repeated.")]
Covariates = Annotated[
    list[str] | None, typer.Option("--covariate", help=f"{_ROLE}: known before assignment; may be repeated.")
]
Time = Annotated[str | None, typer.Option(help=f"{_ROLE}: the period.")]
Treated = Annotated[str | None, typer.Option(help=f"{_ROLE}: whether the unit was treated in the period.")]

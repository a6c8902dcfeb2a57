"""Files into the workspace."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from netlift.service.runs.kinds.kind import Kind, Language, Name, Place, Share, options


class Ingest(Kind):
    """Take in files that were sent before; every row is kept, or refused with its reason."""

    NAME: ClassVar[str] = "ingest"
    SCOPE: ClassVar[str] = "shop:write"

    names: Annotated[list[Name], Field(min_length=1, max_length=100)]
    """Of files in the inbox."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None
    """Format of the files, if it is not recognised."""
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    timezone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,60}$")] | None = None
    mapping: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    """Text of a mapping file."""
    margin: Share | None = None
    lang: Language = "en"

    def command(self, place: Place) -> list[str]:
        """`netlift ingest FILES --workspace ...`."""
        paths = [str(place.inbox / name) for name in self.names]
        told = options(
            workspace=place.workspace, currency=self.currency, timezone=self.timezone, margin=self.margin,
            mapping=place.out / "mapping.toml" if self.mapping is not None else None, html=place.out / self.REPORT,
            lang=self.lang,
        )  # fmt: skip
        return ["ingest", *told, *([f"--as={self.kind}"] if self.kind else []), "--json", "--", *paths]

    def files(self) -> dict[str, str]:
        """The mapping file."""
        return {} if self.mapping is None else {"mapping.toml": self.mapping}

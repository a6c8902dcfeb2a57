"""Which adapter reads a file: the one that is surest from its content; a tie or a near miss is explained."""

from netlift.data.source import SOURCES, Options, Peek, Source
from netlift.errors import ConfigError, SourceError

_SURE = 0.5


def adapter_for(peek: Peek, options: Options, kind: str | None = None) -> Source:
    """The adapter for a file.

    Args:
        peek: what the file looks like.
        options: a mapping in it decides for the generic adapter.
        kind: the adapter that the user wants.

    Raises:
        SourceError: none is sure enough (names the nearest and what it lacks), two are equally sure, or the file has
            not one column of the wanted format.
        ConfigError: the wanted adapter does not exist or does not read files of this form.
    """
    if kind or options.mapping:
        return _wanted(kind or "mapped", peek)
    scores = {name: SOURCES[name]().recognises(peek) for name in SOURCES if peek.form in SOURCES[name].forms}
    best = max(scores.values(), default=0.0)
    first = [name for name, score in scores.items() if score == best]
    if best < _SURE:
        raise SourceError(
            f"{peek.path}: no known format. {_nearest(peek)}Describe its columns in a mapping file: {_draft(peek)}"
        )
    if len(first) > 1:
        raise SourceError(f"{peek.path} looks like {' and '.join(first)} alike: choose with --as {first[0]}")
    return SOURCES[first[0]]()


def _wanted(kind: str, peek: Peek) -> Source:
    source = SOURCES[kind]()
    if peek.form not in source.forms:
        raise ConfigError(f"{kind} reads {', '.join(source.forms)}, but {peek.path} is {peek.form}")
    if kind != "mapped" and len(source.telling) > 1 and not (peek.known(*source.telling) or source.recognises(peek)):
        raise SourceError(
            f"{peek.path} has none of the columns by which {source.title} is known ({', '.join(source.telling)}); "
            f"it has: {_listed(peek)}. Leave --as out to have the format found"
        )
    return source


def _nearest(peek: Peek) -> str:
    """The format of whose telling columns the most are there, and those that are not."""
    shares = {name: peek.share(SOURCES[name].telling) for name in SOURCES if SOURCES[name].telling}
    name = max(shares, key=lambda known: shares[known], default=None)
    if name is None or not shares[name]:
        return f"Columns: {_listed(peek)}. "
    missing = ", ".join(column for column in SOURCES[name].telling if column not in peek.columns)
    return f"Nearest is {SOURCES[name].title}, which also has the columns {missing}. "


def _listed(peek: Peek) -> str:
    return ", ".join(peek.columns[:8]) + (", ..." if len(peek.columns) > 8 else "")


def _draft(peek: Peek) -> str:
    return f"netlift ingest --guess {peek.path}"

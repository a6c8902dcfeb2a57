"""Every code in words: labels and sentences in English and Simplified Chinese, from TOML files.

`en.toml` holds the words of audits and responses; `plan.en.toml` those of plans, and so on for each language.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from netlift.errors import ConfigError

__all__ = ["LANGS", "Words", "language", "words"]

LANGS = ("en", "zh-CN")
"""Languages of every table, report and picture; BCP 47 tags."""


class Words:
    """The words of one language; a code without words is shown as itself, readable but plain.

    Args:
        lang: one of `LANGS`.
        book: kind -> code -> label and sentences; the kinds `say`, `page` and `currency` map to one text.
    """

    def __init__(self, lang: str, book: dict[str, Any]) -> None:
        self.lang = lang
        self.book = book

    def knows(self, kind: str, code: str, part: str = "label") -> bool:
        """Whether there are words for this code."""
        return part in self._entry(kind, code)

    def label(self, kind: str, code: str) -> str:
        """The short name of a code.

        >>> words("zh-CN").label("verdict", "stop")
        '停掉'
        """
        return str(self._entry(kind, code).get("label", _plain(code)))

    def text(self, kind: str, code: str, part: str = "text", **numbers: object) -> str:
        """The sentence of a code with its placeholders filled; empty where there is none.

        >>> words("en").text("unit", "customer", part="many", n="1,200")
        '1,200 customers'
        """
        return str(self._entry(kind, code).get(part, "")).format(**numbers)

    def more(self, kind: str, code: str, **numbers: object) -> tuple[str, ...]:
        """Further sentences of a code: those whose placeholders are all among `numbers`."""
        return tuple(_filled(self._entry(kind, code).get("more", ()), numbers))

    def say(self, code: str, **numbers: object) -> str:
        """A phrase of the running text; with n = 1 its singular where the language has one.

        >>> words("en").say("promotions", n=1), words("en").say("promotions", n=2)
        ('1 promotion', '2 promotions')
        """
        phrases = self.book["say"]
        single = f"{code}_one" if numbers.get("n") in (1, "1") else code
        return str(phrases.get(single, phrases[code])).format(**numbers)

    def page(self, code: str) -> str:
        """A heading or a button of the HTML report."""
        return str(self.book["page"][code])

    def currency(self, code: str) -> str:
        """How amounts of a currency are named: the ISO 4217 code, or the word that people use."""
        return str(self.book["currency"].get(code, code))

    def months(self) -> list[str]:
        """Names of the twelve months in a date."""
        return [str(month) for month in self.book["calendar"]["months"]]

    def sizes(self) -> list[tuple[float, str]]:
        """Marks for large numbers, largest first."""
        return [(float(size), str(mark)) for size, mark in self.book["calendar"]["sizes"]]

    def listed(self, names: list[str]) -> str:
        """Names as one phrase: "A, B and C"."""
        if len(names) < 2:
            return "".join(names)
        return self.say("comma").join(names[:-1]) + self.say("and") + names[-1]

    def _entry(self, kind: str, code: str) -> dict[str, Any]:
        entry: dict[str, Any] = self.book.get(kind, {}).get(code, {})
        return entry


def language(lang: str) -> str:
    """The language tag behind what people type: `zh`, `zh_CN` and `zh-Hans` all mean `zh-CN`.

    Raises:
        ConfigError: a language that has no words.

    >>> language("zh_CN"), language("en-GB")
    ('zh-CN', 'en')
    """
    first = lang.replace("_", "-").split("-")[0].lower()
    for tag in LANGS:
        if tag.split("-")[0] == first:
            return tag
    raise ConfigError(f"no words in the language {lang!r}; known: {', '.join(LANGS)}")


def words(lang: str = "en") -> Words:
    """The words of a language, read once.

    Raises:
        ConfigError: a language that has no words.
    """
    return _read(language(lang))


@cache
def _read(lang: str) -> Words:
    ending, book = f"{lang.replace('-', '_')}.toml", dict[str, Any]()
    found = sorted(file.name for file in files(__package__).iterdir() if file.name.endswith(ending))
    for name in sorted(found, key=len):  # the language's own file first
        for kind, entries in tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8")).items():
            book.setdefault(kind, {}).update(entries)
    return Words(lang, book)


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _filled(templates: list[str], numbers: dict[str, object]) -> list[str]:
    filled = []
    for template in templates:
        try:
            filled.append(template.format(**numbers))
        except KeyError:
            continue
    return filled

"""No text of the console lacks a translation, no column lacks a name, and colours are those of the reports."""

import io
import re
from pathlib import Path

import django
import pytest
import unfold
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.contrib import admin
from django.utils.translation import gettext, override

from netlift.report.canvas import DARK, LIGHT
from netlift.service import console
from netlift.service.console.admin.frame import RoomAdmin
from netlift.service.console.columns import COLOURS, COLUMNS, VALUES
from netlift.service.console.names import MODELS
from netlift.service.core import bodies
from netlift.service.core.refusals import Refused
from tests.service.console._strings import texts

HERE = Path(console.__file__).parent
PO = HERE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CHINESE = re.compile(r"[一-鿿]")
SAME = {"Webhooks", "webhook", "webhooks"}
"""Words that Chinese writes in the same way."""


def known(path: Path) -> set[str]:
    """What a catalogue translates, singular and plural."""
    found: set[str] = set()
    with path.open("rb") as file:
        for message in read_po(file):
            said = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if message.id and all(said) and not message.fuzzy:
                found |= set(message.id) if isinstance(message.id, tuple | list) else {message.id}
    return found


@pytest.fixture(scope="module")
def translated() -> set[str]:
    brought = (known(path) for path in Path(django.__file__).parent.rglob("locale/zh_Hans/LC_MESSAGES/django.po"))
    return known(PO).union(*brought)


def test_every_text_of_the_console_is_translated() -> None:
    own = texts(HERE)
    assert len(own) > 300
    assert own - known(PO) == set()


def test_every_text_of_unfold_is_translated_by_somebody(translated: set[str]) -> None:
    of_unfold = texts(Path(unfold.__file__).parent, without=("contrib",))
    assert len(of_unfold) > 80
    assert of_unfold - translated == set()


def test_every_refusal_has_a_title_in_chinese() -> None:
    assert bodies.__name__.startswith("netlift")  # it has kinds of its own, which must be there
    kinds = {Refused, *Refused.__subclasses__()}
    with override("zh-hans"):
        assert [kind.title for kind in kinds if not CHINESE.search(gettext(kind.title))] == []


def test_translations_are_chinese_and_keep_their_places() -> None:
    with PO.open("rb") as file:
        messages = [one for one in read_po(file) if one.id]
    for one in messages:
        said = one.string if isinstance(one.string, str) else one.string[0]
        ids = one.id if isinstance(one.id, tuple | list) else (one.id,)
        assert CHINESE.search(said) or ids[0] in SAME, ids[0]
        places = {name for text in ids for name in re.findall(r"%\((\w+)\)s", text)}
        assert set(re.findall(r"%\((\w+)\)s", said)) == places, ids[0]


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = io.BytesIO()
    with PO.open("rb") as file:
        write_mo(compiled, read_po(file, locale="zh_Hans"))
    assert PO.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_every_listed_model_and_shown_column_has_a_name() -> None:
    for model, room in admin.site._registry.items():
        assert isinstance(room, RoomAdmin), f"{model} is listed without the console's own frame"
        assert model._meta.label in MODELS
        shown = [*room.list_display, *(room.fields or ())]
        own = {column.name for column in model._meta.get_fields()}
        assert {name for name in shown if name in own} - set(COLUMNS) == set(), model._meta.label


def test_colours_are_of_words_that_there_are() -> None:
    assert set(COLOURS) == set(VALUES)


def test_the_sheet_has_the_colours_of_the_reports() -> None:
    sheet = (HERE / "static" / "console" / "console.css").read_text("utf-8")
    for selector, roles in ((":root", LIGHT), (".dark", DARK)):
        block = re.search(re.escape(selector) + r" {(.*?)}", sheet, re.DOTALL)
        assert block
        assert dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1])) == roles

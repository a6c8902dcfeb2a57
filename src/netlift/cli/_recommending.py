"""What `netlift recommend` does: workspace in, lists and figures out, with reasons in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import typer

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from netlift.data.workspace import Workspace
    from netlift.recommend.about import About
    from netlift.recommend.interactions import Interactions
    from netlift.recommend.recommender import Recommender
    from netlift.recommend.rules import Rules
    from netlift.recommend.trial import Progress, Trial

SAID: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "place": "Place", "product": "Product", "score": "Score", "why": "Why", "offer": "Offer", "earns": "Earns",
            "anyway": "Bought anyway", "evidence": "Evidence",
            "model": "Recommender", "validation": "Choice", "ndcg": "nDCG", "recall": "Recall",
            "precision": "Precision", "map": "MAP", "coverage": "Coverage", "novelty": "Bits", "lists": "Lists",
            "often": "Most listed",
            "judged": "Chosen: {kind}, by nDCG on what was done from {before} to {day} (Choice). The others judge "
            "lists by what {n} customers did from {day} on. Bits: novelty.",
            "beside": "nDCG of {kind} beside that of popular: {difference:+.3f} (95 %: {lower:+.3f} to {upper:+.3f}).",
            "left_out": "{kind} was not tried: {why}", "for": "For {name}, by {kind}",
            "kept": "{lists} lists with {rows} places, by {kind}; {products} of {all} products are listed",
            "nothing": "Nothing may be shown.", "no_offer": "No offer on these goods earns anything.",
            "again": "{kind} is about what is bought again, which lists leave out: --bought allow lets it in.",
            "unknown": "The workspace knows no customer {name}: this is what a newcomer is shown.",
        },
        "zh-CN": {
            "place": "位次", "product": "商品", "score": "得分", "why": "理由", "offer": "优惠", "earns": "收益",
            "anyway": "本来就会买", "evidence": "证据",
            "model": "推荐算法", "validation": "选择", "ndcg": "nDCG", "recall": "召回率", "precision": "精确率",
            "map": "MAP", "coverage": "覆盖率", "novelty": "比特", "lists": "列表数", "often": "出现最多",
            "judged": "入选：{kind}，依据 {before} 至 {day} 的 nDCG（选择）。"
            "其余指标用 {n} 位顾客自 {day} 起的行为评判。比特：新颖度。",
            "beside": "{kind} 与 popular 的 nDCG 之差：{difference:+.3f}（95%：{lower:+.3f} 至 {upper:+.3f}）。",
            "left_out": "{kind} 未参加评估：{why}", "for": "给 {name} 的推荐，算法 {kind}",
            "kept": "{lists} 份列表，共 {rows} 个位置，算法 {kind}；{all} 种商品中有 {products} 种入选",
            "nothing": "没有可展示的商品。", "no_offer": "这些商品上没有任何优惠能带来收益。",
            "again": "{kind} 针对回购商品，而列表不含已购商品：请使用 --bought allow。",
            "unknown": "工作区中没有顾客 {name}：以下为新顾客看到的内容。",
        },
    }
)  # fmt: skip
DEFAULT = "item_knn"
BLOCK = 4096
"""Customers whose lists are made at a time."""
HORIZON = 28.0
"""Days within which a product counts as bought anyway."""
POOL = 50
"""Goods of a customer on which offers are looked for."""
_FIGURES = ("ndcg", "recall", "precision", "map", "coverage", "novelty")


class Asked(NamedTuple):
    """What the user wants to know."""

    user: str | None
    everybody: bool
    n: int
    model: str | None
    evaluate: bool
    bought: str
    offers: bool


class _Found(NamedTuple):
    """What is shown at last."""

    shop: "Workspace"
    kind: str
    rows: "pa.Table | None" = None
    offers: "pa.Table | None" = None
    trial: "Trial | None" = None
    kept: Mapping[str, Any] | None = None


def recommend_workspace(path: Path, asked: Asked, lang: str, *, json: bool) -> None:
    """Learn from a workspace, make lists, keep and show them.

    Raises:
        ConfigError: what is asked does not go together, an unknown kind, or no workspace.
        DataError: there is nothing to evaluate by, or no response for offers.
    """
    from netlift.cli._auditing import _progress
    from netlift.data.workspace import Workspace
    from netlift.recommend import shop as tables
    from netlift.recommend.interactions import Interactions
    from netlift.recommend.recommender import RECOMMENDERS
    from netlift.recommend.rules import Rules
    from netlift.recommend.trial import made

    _check(asked)
    workspace = Workspace.open(path)
    if asked.model is not None:
        RECOMMENDERS[asked.model]  # an unknown kind is told before any work
    again = tables.replenishable(workspace)
    rules = Rules(excluded=tables.sold_out(workspace), bought=asked.bought, replenishable=again)  # type: ignore[arg-type]
    notes: list[str] = []
    with _progress() as tell:
        seen, about = Interactions.of_workspace(workspace), tables.about(workspace)
        had = tables.had(workspace, seen)
        tried = _tried(seen, about, asked, had, tell) if asked.evaluate else None
        kind = asked.model or (tried.chosen if tried is not None else DEFAULT)
        found = _Found(workspace, kind, trial=tried)
        if asked.user is not None or asked.everybody:
            tell(kind, 0, 1)
            alone = RECOMMENDERS[kind].purchases
            learned = tables.had(workspace, seen, {"purchase": 1.0}) if alone else seen
            model = made(kind, asked.bought).fit(learned, about)
            if asked.user is not None:
                found = found._replace(rows=model.recommend([asked.user], asked.n, rules, had=had))
                if asked.offers:
                    found = found._replace(offers=_offers(workspace, model, asked, rules, had))
            else:
                found = found._replace(kept=_keep(workspace, model, asked, rules, had, tell))
            notes = _notes(model, asked, again, SAID[lang])
    for note in notes:
        typer.echo(f"netlift: {note}", err=True)
    if json:
        _print_json(found)
    else:
        _print(found, asked, lang)


def _notes(model: "Recommender", asked: Asked, again: Sequence[str], said: Mapping[str, str]) -> list[str]:
    """What the lists do not say of themselves."""
    found = []
    if model.again and asked.bought == "exclude" and not again:
        found.append(said["again"].format(kind=model.kind))
    if asked.user is not None and asked.user not in model.seen_.users:
        found.append(said["unknown"].format(name=asked.user))
    return found


def _check(asked: Asked) -> None:
    from netlift.errors import ConfigError

    if asked.user is not None and asked.everybody:
        raise ConfigError("--user and --all exclude each other: give one of them")
    if asked.user is None and not asked.everybody and not asked.evaluate:
        raise ConfigError("say for whom: --user ID for one customer, --all for all, or --evaluate for figures alone")
    if asked.offers and asked.user is None:
        raise ConfigError("--offers needs --user: offers are chosen for one customer here, for all by netlift plan")
    if asked.evaluate and asked.bought == "only":
        raise ConfigError("--evaluate judges lists with or without what was bought before: use --bought allow")


def _tried(seen: "Interactions", about: "About", asked: Asked, had: "Interactions", tell: "Progress") -> "Trial":
    from netlift.recommend.trial import trial

    kinds = None if asked.model is None else [asked.model, "popular"]
    bought: Literal["allow", "exclude"] = "exclude" if asked.bought == "exclude" else "allow"
    return trial(seen, about, kinds, k=asked.n, bought=bought, on_progress=tell, had=had)


def _offers(
    workspace: "Workspace", model: "Recommender", asked: Asked, rules: "Rules", had: "Interactions"
) -> "pa.Table":
    import pyarrow.compute as pc

    from netlift.recommend.interactions import Interactions
    from netlift.recommend.offers import anyway, recommend_offers
    from netlift.recommend.shop import covers

    response = workspace.kept("response")
    mine = response.filter(pc.equal(response["customer_id"], asked.user))
    again = anyway(Interactions.of_workspace(workspace, {"purchase": 1.0}), HORIZON)
    own = again.filter(pc.equal(again["customer_id"], asked.user))
    goods = model.recommend([str(asked.user)], max(POOL, asked.n), rules, had=had)
    return recommend_offers(goods, mine, own, covers=covers(workspace), n=asked.n)


def _keep(
    workspace: "Workspace",
    model: "Recommender",
    asked: Asked,
    rules: "Rules",
    had: "Interactions",
    tell: "Progress",
) -> Mapping[str, Any]:
    """Write lists of all customers, some thousand at a time, and count what is in them."""
    import pyarrow as pa

    from netlift.recommend.rank import Shelf
    from netlift.schema import RECOMMENDATIONS

    seen, often, lists = model.seen_, Counter[str](), 0
    users, shelf = seen.users.names, Shelf.of(seen.items, model.about_, rules)

    def parts() -> Iterator[pa.RecordBatch]:
        nonlocal lists
        for start in range(0, len(users), BLOCK):
            tell(f"{model.kind}: lists", start, len(users))
            table = model.recommend(users.slice(start, BLOCK), asked.n, shelf, had=had)
            often.update(table["product_id"].to_pylist())
            lists += table["rank"].to_pylist().count(1)
            yield from table.combine_chunks().to_batches()

    rows = workspace.keep("recommendations", pa.RecordBatchReader.from_batches(RECOMMENDATIONS, parts()))
    ranked = sorted(often.items(), key=lambda one: (-one[1], one[0]))
    return {
        "lists": lists, "rows": rows, "products": len(often), "all": len(seen.items), "often": ranked[:5],
        "file": str(workspace.derived_file("recommendations").resolve()),
    }  # fmt: skip


def _print_json(found: _Found) -> None:
    import json as json_text

    told: dict[str, Any] = {"model": found.kind}
    if found.trial is not None:
        told["evaluation"] = _figures(found.trial)
    if found.rows is not None:
        told["recommendations"] = found.rows.to_pylist()
    if found.offers is not None:
        told["offers"] = found.offers.to_pylist()
    if found.kept is not None:
        often = [{"product_id": name, "lists": number} for name, number in found.kept["often"]]
        told["kept"] = {**found.kept, "often": often}
    typer.echo(json_text.dumps(told, ensure_ascii=False, indent=2))


def _figures(trial: "Trial") -> dict[str, Any]:
    def known(value: float) -> float | None:
        return value if value == value else None  # noqa: PLR0124  NaN is no JSON

    models = []
    for one in trial.tried:
        figures = {} if one.test is None else {name: known(value) for name, value in one.test.means().items()}
        models.append({"kind": one.kind, "validation_ndcg": one.validation, "test": figures, "why": one.why or None})
    apart = trial.beside()
    beside = None if apart is None else {"difference": apart.difference, "lower": apart.lower, "upper": apart.upper}
    return {
        "chosen": trial.chosen, "ndcg_beside_popular": beside, "customers": trial.customers,
        "validation_from": trial.validation_from.isoformat(),
        "test_from": trial.test_from.isoformat(), "models": models,
    }  # fmt: skip


def _print(found: _Found, asked: Asked, lang: str) -> None:
    from rich.console import Console

    from netlift.recommend.shop import names

    console, said = Console(), SAID[lang]
    if found.trial is not None:
        _print_trial(console, found.trial, said)
    called = {} if found.rows is None and found.kept is None else names(found.shop)
    if found.rows is not None:
        console.print(said["for"].format(name=asked.user, kind=found.kind), markup=False, highlight=False, style="bold")
        console.print(_list(found.rows, said, called, lang) if found.rows.num_rows else said["nothing"])
    if found.offers is not None:
        table = _offered(found, said, called, lang)
        console.print(table if found.offers.num_rows else said["no_offer"])
    if found.kept is not None:
        counts = {name: f"{found.kept[name]:,}" for name in ("lists", "rows", "products", "all")}
        console.print(said["kept"].format(kind=found.kind, **counts), highlight=False)
        grid = _grid([said["often"], said["lists"]])
        for name, number in found.kept["often"]:
            grid.add_row(_text(called.get(name, name)), f"{number:,}")
        console.print(grid)
        console.print(found.kept["file"], highlight=False, markup=False, soft_wrap=True, style="bold")


def _print_trial(console: "Console", trial: "Trial", said: Mapping[str, str]) -> None:
    grid = _grid([said["model"], said["validation"], *(said[name] for name in _FIGURES)])
    grid.padding, grid.columns[0].no_wrap = (0, 1), True
    for one in trial.tried:
        if one.test is None or one.validation is None:
            continue
        means = one.test.means()
        shown = [f"{means[name]:.1f}" if name == "novelty" else f"{means[name]:.3f}" for name in _FIGURES]
        grid.add_row(one.kind, f"{one.validation:.3f}", *shown, style="bold" if one.kind == trial.chosen else "")
    console.print(grid)
    told = {"kind": trial.chosen, "n": f"{trial.customers:,}"}
    days = {"day": trial.test_from.date().isoformat(), "before": trial.validation_from.date().isoformat()}
    console.print(said["judged"].format(**told, **days), highlight=False)
    if (apart := trial.beside()) is not None:
        figures = {"difference": apart.difference, "lower": apart.lower, "upper": apart.upper}
        console.print(said["beside"].format(kind=trial.chosen, **figures), highlight=False)
    for one in trial.tried:
        if one.why:
            console.print(said["left_out"].format(kind=one.kind, why=one.why), highlight=False, markup=False)


def _list(rows: "pa.Table", said: Mapping[str, str], called: Mapping[str, str], lang: str) -> "Table":
    from netlift.report.recommended import reason

    grid = _grid([said["place"], said["product"], said["score"], said["why"]])
    grid.columns[1].justify = grid.columns[3].justify = "left"
    for row in rows.to_pylist():
        why = ", ".join(reason(code, lang, called) for code in row["reasons"])
        name = called.get(row["product_id"], row["product_id"])
        grid.add_row(str(row["rank"]), _text(name), f"{row['score']:.4g}", _text(why))
    return grid


def _offered(found: _Found, said: Mapping[str, str], called: Mapping[str, str], lang: str) -> "Table":
    from netlift.report.amounts import Amounts
    from netlift.report.words import words

    write = Amounts(words(lang), found.shop.settings.currency or "XXX")
    grid = _grid([said["product"], said["offer"], said["earns"], said["anyway"], said["evidence"]])
    grid.caption = write.unit
    for row in [] if found.offers is None else found.offers.to_pylist():
        grid.add_row(
            _text(called.get(row["product_id"], row["product_id"])), _text(row["offer_id"]),
            write.exact(round(row["net_margin"])), f"{row['would_buy_anyway']:.0%}", row["grade"],
        )  # fmt: skip
    return grid


def _grid(headings: list[str]) -> "Table":
    from netlift.cli._profiling import _grid as grid

    return grid(headings)


def _text(text: str) -> "Text":
    from rich.text import Text

    return Text(text)

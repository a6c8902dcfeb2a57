"""`netlift quote` as somebody at a terminal meets it: one cart, and a dry run over past orders."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.data.workspace import Settings, Workspace
from netlift.errors import CartError, ConfigError, DataError, DefinitionError
from netlift.promotions.documents import read_quote
from netlift.report.quote_json import replay_json
from netlift.report.replay_table import caveat
from netlift.simulate import presets, simulate

CART = {
    "currency": "EUR",
    "lines": [
        {"id": "a", "unit_price": 1999, "quantity": 3, "product": "tee [/red]", "tax_rate": "19"},
        {"id": "b", "unit_price": 500, "quantity": 1, "tax_rate": "19"},
    ],
    "shipping": [{"id": "parcel", "price": 495}],
}
PROMOTIONS = {
    "language": 1,
    "promotions": [
        {
            "id": "ten", "name": "Ten [bold]off", "trigger": {"kind": "code", "codes": ["TEN"]},
            "benefits": [{"effect": {"kind": "percent", "off": "10"}}],
        },
        {
            "id": "spend", "benefits": [
                {
                    "effect": {"kind": "amount", "off": 1000}, "allocation": "across",
                    "when": {"fact": "cart.subtotal", "op": ">=", "value": 9900},
                },
            ],
        },
        {"id": "delivery", "benefits": [{"effect": {"kind": "shipping"}}]},
        {"id": "mug", "benefits": [{"effect": {"kind": "gift", "product": "mug", "unit_price": 700}}]},
        {
            "id": "points", "priority": -1,
            "benefits": [{"effect": {"kind": "points", "points": {"every": 100, "value": 1}}}],
        },
        {"id": "later", "benefits": [{"effect": {"kind": "next_order_coupon", "amount": 500, "minimum": 4000}}]},
        {
            "id": "socks", "benefits": [
                {"effect": {"kind": "add_on", "product": "socks", "unit_price": 900, "price": 300}},
            ],
        },
        {
            "id": "shoes", "benefits": [
                {
                    "effect": {"kind": "percent", "off": "50"},
                    "target": {"where": {"fact": "line.category", "op": "==", "value": "shoes"}},
                },
            ],
        },
    ],
}  # fmt: skip


def run(*arguments: str | Path, typed: str | None = None) -> Result:
    environment = {"COLUMNS": "100"}
    return CliRunner(env=environment).invoke(
        app, ["quote", *map(str, arguments)], input=typed, catch_exceptions=False
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The cart with the code TEN entered, and the promotions."""
    cart, promotions = tmp_path / "cart.json", tmp_path / "promotions.json"
    cart.write_text(json.dumps({"cart": CART, "facts": {"codes": ["ten"]}}), "utf-8")
    promotions.write_text(json.dumps(PROMOTIONS), "utf-8")
    return cart, promotions


def minor(written: str) -> int:
    return round(float(written.replace(",", "").replace("−", "-")) * 100)


# one cart


def test_the_table_adds_up(files: tuple[Path, Path]) -> None:
    """What is to pay of each line and the delivery is the total; so are the prices and the discounts."""
    printed = run(*files).stdout
    rows = printed.partition("amounts in EUR")[0].splitlines()[1:]
    pay = [minor(row.split()[-1]) for row in rows if not row.startswith("of which tax")]
    assert pay == [5397, 450, 0, 0, 5847]  # tees less 6.00, b less 0.50, a mug, delivery, and their sum
    total = next(row for row in rows if row.startswith("Total")).split()
    assert [minor(cell) for cell in total[2:]] == [7692, -1845, 5847]
    cuts = [minor(cut) for row in rows for cut in re.findall("−[0-9.]+", row) if not row.startswith("Total")]
    assert sum(cuts) == -1845
    assert next(row for row in rows if row.startswith("of which tax")).split()[-1] == "9.34"  # 8.62 and 0.72


def test_names_are_printed_as_they_are(files: tuple[Path, Path]) -> None:
    printed = run(*files).stdout
    assert "tee [/red] (a)" in printed
    assert "Ten [bold]off" in printed


def test_beside_prices_there_are_gifts_points_coupons_and_offers(files: tuple[Path, Path]) -> None:
    printed = run(*files).stdout
    assert "mug (gift)" in printed
    assert "Points earned: 58" in printed  # one for each full euro of 58.47
    assert "Coupon for the next order: 5.00 off from 40.00 on" in printed
    assert "socks: socks for 3.00 instead of 9.00" in printed
    assert "Proved optimal" not in printed  # nothing competed for units, so nothing was searched


def test_refusals_have_reasons_and_near_misses_when_asked(files: tuple[Path, Path]) -> None:
    """64.97 of goods are 34.03 short of 99.00."""
    plain, explained = run(*files).stdout, run(*files, "--explain").stdout
    assert re.search(r"shoes\s+none of its goods are in the cart", plain)
    assert re.search(r"spend\s+the cart is below its threshold\s*\n", plain)
    assert "34.03 short of 99.00" in explained
    assert "benefits[0].target: needs line.category == shoes" in explained
    assert "34.03" not in plain


def test_chinese_on_request(files: tuple[Path, Path]) -> None:
    for language in ("zh", "zh-CN", "zh_CN"):
        printed = run(*files, "--language", language, "--explain").stdout
        assert "应付" in printed
        assert "还差 34.03，满 99.00 可用" in printed


def test_json_is_json_and_reads_back(files: tuple[Path, Path]) -> None:
    found = json.loads(run(*files, "--json").stdout)
    quote = read_quote(found["quote"])
    assert found["payable"] == quote.payable == sum(one.payable for one in quote.lines) + 495 - 495
    assert found["reasons"]["shoes"] == "none of its goods are in the cart"
    assert "trace" not in found
    explained = json.loads(run(*files, "--json", "--explain").stdout)
    assert explained["reasons"]["spend"].endswith("34.03 short of 99.00")
    assert {one["promotion"] for one in explained["trace"]} == {one["id"] for one in PROMOTIONS["promotions"]}  # type: ignore[index,attr-defined]


def test_a_cart_alone_and_facts_apart(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Without its facts the code is not entered; a file of facts enters it, or takes it back."""
    alone, facts = tmp_path / "alone.json", tmp_path / "facts.json"
    alone.write_text(json.dumps(CART), "utf-8")
    facts.write_text('{"codes": ["TEN"]}', "utf-8")
    assert re.search(r"Ten \[bold\]off\s+its code was not entered", run(alone, files[1]).stdout)
    assert "−6.50" in run(alone, files[1], "--facts", facts).stdout
    facts.write_text("{}", "utf-8")
    assert "−6.50" not in run(*files, "--facts", facts).stdout


def test_a_policy_changes_the_arithmetic(files: tuple[Path, Path], tmp_path: Path) -> None:
    """A tenth of 59.97 is 5.997: rounded down per line 5.99 instead of 6.00. Without tax in prices it comes on top."""
    policy = tmp_path / "policy.json"
    policy.write_text('{"rounding": "down"}', "utf-8")
    assert "−5.99" in run(*files, "--policy", policy).stdout
    policy.write_text('{"prices_include_tax": false}', "utf-8")
    printed = run(*files, "--policy", policy).stdout
    rows = {row.split()[0]: row.split()[-1] for row in printed.splitlines() if row.strip()}
    assert rows["Tax"] == "11.11"  # 19 % of 53.97 and of 4.50: 10.25 and 0.86
    assert rows["With"] == "69.58"


def test_a_search_that_ends_at_its_budget_says_so(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Four amounts, each for at least so many units, compete for twelve; hardly a state may be looked at."""
    policy, promotions, cart = tmp_path / "policy.json", tmp_path / "sets.json", tmp_path / "many.json"
    policy.write_text('{"node_budget": 10}', "utf-8")
    lines = [{"id": f"l{n}", "unit_price": 500 + 371 * n, "quantity": 2} for n in range(6)]
    cart.write_text(json.dumps({"currency": "EUR", "lines": lines}), "utf-8")
    sets = [
        {
            "id": f"from{units}", "group": "sets",
            "benefits": [
                {
                    "effect": {"kind": "amount", "off": 433 * units}, "allocation": "across",
                    "target": {"min_units": units},
                },
            ],
        }
        for units in (2, 3, 4, 5)
    ]  # fmt: skip
    root = {"id": "", "children": [{"id": "sets", "mode": "best", "scope": "unit"}]}
    promotions.write_text(json.dumps({"language": 1, "promotions": sets, "root": root}), "utf-8")
    assert "Best found" in run(cart, promotions, "--policy", policy).stdout


def test_standard_input_is_a_file_too(files: tuple[Path, Path]) -> None:
    cart, promotions = files
    typed = cart.read_text("utf-8")
    assert run("-", promotions, typed=typed).stdout == run(cart, promotions).stdout
    with pytest.raises(ConfigError, match="only one"):
        run("-", "-", typed=typed)
    with pytest.raises(CartError, match=r"standard input: not JSON at line 1"):
        run("-", promotions, typed="{")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"currency": "EURO"}, r"cart\.json: .*currency.*EURO"),
        ({"lines": [{"id": "a", "unit_price": 100, "quantity": -1}]}, r"cart\.json: .*lines\[0\].*quantity.*-1"),
        ({"lines": [{"id": "a", "unit_price": 1.5, "quantity": 1}]}, r"cart\.json: .*lines\[0\]\.unit_price"),
        ({"lines": [{"id": "a", "unit_price": 1, "quantity": 1}] * 2}, r"cart\.json: .*two lines 'a'"),
        ({"basket": []}, r"cart\.json: .*basket: unknown key"),
    ],
)
def test_a_wrong_cart_is_named_with_its_place(
    files: tuple[Path, Path], change: dict[str, object], message: str
) -> None:
    files[0].write_text(json.dumps(CART | change), "utf-8")
    with pytest.raises(CartError, match=message):
        run(*files)


def test_a_wrong_promotion_is_named_with_its_place(files: tuple[Path, Path]) -> None:
    files[1].write_text(json.dumps(PROMOTIONS).replace("cart.subtotal", "cart.subtotl"), "utf-8")
    with pytest.raises(DefinitionError, match=r"promotions\.json: promotions\[1\].*did you mean \"cart\.subtotal\""):
        run(*files)


def test_a_wrong_policy_or_facts_file_is_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"rounding": "sideways"}', "utf-8")
    with pytest.raises(DefinitionError, match=r"wrong\.json: rounding"):
        run(*files, "--policy", wrong)
    with pytest.raises(CartError, match=r"wrong\.json: rounding: unknown key"):
        run(*files, "--facts", wrong)


def test_files_that_cannot_be_read_say_why(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json cannot be read: No such file"):
        run(tmp_path / "nowhere.json", files[1])
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        run(files[0], tmp_path)


def test_the_program_answers_bad_input_with_one_line_and_status_2(files: tuple[Path, Path]) -> None:
    files[0].write_text("[", "utf-8")
    command = [sys.executable, "-m", "netlift", "quote", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "cart.json: not JSON" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to quote"),
        (["CART"], "nothing to quote"),
        (["CART", "PROMOTIONS", "--promotions", "PROMOTIONS"], "given twice"),
        (["CART", "PROMOTIONS", "--floor", "1"], "--floor is for a dry run"),
        (["CART", "PROMOTIONS", "--since", "2025-01-01"], "--since is for a dry run"),
        (["CART", "PROMOTIONS", "--language", "fr"], "no words in the language 'fr'"),
        (["--orders", "."], "a dry run needs promotions"),
        (["CART", "--orders", ".", "--promotions", "PROMOTIONS"], "CART is for one cart"),
        (["--orders", ".", "--promotions", "PROMOTIONS", "--explain"], "--explain is for one cart"),
    ],
)
def test_options_that_do_not_fit_are_told(files: tuple[Path, Path], arguments: list[str], message: str) -> None:
    known = {"CART": str(files[0]), "PROMOTIONS": str(files[1])}
    with pytest.raises(ConfigError, match=message):
        run(*(known.get(one, one) for one in arguments))


# dry run


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a small simulated shop."""
    folder = tmp_path_factory.mktemp("shop")
    workspace = Workspace.create(folder, Settings(name="Tiny [/red]", currency="EUR"))
    for name, table in simulate(presets.tiny(1)).tables.items():
        workspace.write(name, table, "simulated")
    return folder


@pytest.fixture
def offers(tmp_path: Path) -> Path:
    """A tenth against the second at half price, and a limited amount off."""
    path = tmp_path / "offers.json"
    promotions = [
        {"id": "tenth [red]", "group": "goods", "benefits": [{"effect": {"kind": "percent", "off": "10"}}]},
        {
            "id": "second", "group": "goods",
            "benefits": [
                {
                    "effect": {"kind": "percent", "off": "50"},
                    "target": {"order": "dearest", "group_size": 2, "positions": [2]},
                },
            ],
        },
        {
            "id": "limited", "limits": {"total": 50, "per_customer": 1, "budget": 4000},
            "benefits": [{"effect": {"kind": "amount", "off": 100}, "allocation": "across"}],
        },
    ]  # fmt: skip
    root = {"id": "", "children": [{"id": "goods", "mode": "best"}]}
    path.write_text(json.dumps({"language": 1, "root": root, "promotions": promotions}), "utf-8")
    return path


def test_a_dry_run_prints_cost_conflicts_limits_and_what_it_does_not_show(shop: Path, offers: Path) -> None:
    printed = run("--orders", shop, "--promotions", offers).stdout
    for part in ("Tiny [/red]", "Refused by each other", "To look at", "Limits", "Margin given up", "tenth [red]"):
        assert part in printed
    assert caveat("en").split(":")[0] in printed.replace("\n", " ").replace("  ", " ")


def test_a_dry_run_in_chinese(shop: Path, offers: Path) -> None:
    printed = run("--orders", shop, "--promotions", offers, "--lang", "zh").stdout
    assert "试运行" in printed
    assert "让出的毛利" in printed


def test_a_dry_run_keeps_its_figures_where_asked(shop: Path, offers: Path, tmp_path: Path) -> None:
    """JSON on standard output, in the folder, and the Parquet tables say the same."""
    out = tmp_path / "a" / "b"
    found = json.loads(run("--orders", shop, "--promotions", offers, "--json", "--out", out).stdout)
    assert found == json.loads((out / "replay.json").read_text("utf-8"))
    assert found["note"] == caveat()
    orders = pq.read_table(out / "orders.parquet")
    assert orders.num_rows == found["orders"] > 1000
    assert sum(orders["discount_minor"].to_pylist()) == found["given"]
    promotions = pq.read_table(out / "promotions.parquet").to_pylist()
    assert {one["promotion_id"]: one["discount_minor"] for one in promotions} == {
        one["promotion"]: one["discount"] for one in found["promotions"]
    }
    assert sum(one["discount"] for one in found["promotions"]) == found["given"]
    limits = {one["limit"]: one for one in found["limits"]}
    assert limits["budget"]["used"] == 4000  # 40 orders of 1.00 each, before the 50th redemption
    assert limits["total"]["used"] == 40
    assert limits["budget"]["reached_at"]
    assert list(tmp_path.glob("a/b/.*")) == []


def test_days_codes_and_floors_reach_the_replay(shop: Path, offers: Path) -> None:
    """March has fewer orders than the year; with a floor at cost no goods go below it."""
    whole = json.loads(run("--orders", shop, "--promotions", offers, "--json").stdout)
    days = ("--since", "2024-03-01", "--until", "2024-03-31")
    march = json.loads(run("--orders", shop, "--promotions", offers, "--json", *days, "--floor", "1.0").stdout)
    assert 0 < march["orders"] < whole["orders"]
    assert march["first"].startswith("2024-03-01")
    assert march["last"].startswith("2024-03-31")
    below = {one["what"]: one["orders"] for one in march["floors"]}
    assert below["below_cost"] == 0 < below["at_floor"]


def test_errors_of_a_dry_run_name_what_is_wrong(shop: Path, offers: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a workspace"):
        run("--orders", tmp_path, "--promotions", offers)
    with pytest.raises(DataError, match="no orders from 2040-01-01"):
        run("--orders", shop, "--promotions", offers, "--since", "2040-01-01")
    with pytest.raises(ConfigError, match="cannot make the folder"):
        run("--orders", shop, "--promotions", offers, "--out", offers)
    offers.write_text("{}", "utf-8")
    with pytest.raises(DefinitionError, match=r"offers\.json: lacks \"language\""):
        run("--orders", shop, "--promotions", offers)


def test_an_interrupted_replay_leaves_no_file(shop: Path, offers: Path, tmp_path: Path) -> None:
    """Days without orders fail after the folder was made; nothing half-written stays in it."""
    out = tmp_path / "out"
    with pytest.raises(DataError):
        run("--orders", shop, "--promotions", offers, "--since", "2040-01-01", "--out", out)
    assert list(out.iterdir()) == []


def test_every_figure_of_a_replay_is_in_its_json(shop: Path, offers: Path) -> None:
    from netlift.evaluation.replay import Offer, replay
    from netlift.promotions.documents import loads

    document = loads(offers.read_text("utf-8"))
    found = replay(Workspace.open(shop), Offer(document.promotions, document.root))
    written = replay_json(found, "zh")
    assert set(written) == {"note", *type(found).__dataclass_fields__}
    assert json.loads(json.dumps(written)) == written

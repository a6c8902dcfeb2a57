"""The three sentences that matter: what was given away, what is shown, and what to do next."""

from netlift.evaluation.results import Audit, Finding
from netlift.report.amounts import Amounts, amounts, count, percent
from netlift.report.sentences import feasible, names, units
from netlift.report.standing import counts, standing, subsidised
from netlift.types import Effect, Grade, Verdict

NAMED = 3
"""At most so many promotions are called by name in one sentence."""


def headline(audit: Audit, lang: str = "en") -> tuple[str, str, str]:
    """Given away, shown, next: three sentences, honest when nothing is shown.

    Args:
        audit: what was found.
        lang: `en` or `zh-CN`.

    Raises:
        ConfigError: a language that has no words.
    """
    write = amounts(audit, lang)
    return _given_away(audit, write), _shown(audit, write), _next(audit, write)


def _given_away(audit: Audit, write: Amounts) -> str:
    say = write.words.say
    if audit.discount_minor <= 0:
        return say("gave_nothing")
    given = say("gave_away", given=write.named(write.brief(audit.discount_minor)))
    return given + say("pause") + _went_anyway(audit, write)


def _went_anyway(audit: Audit, write: Amounts) -> str:
    say, total = write.words.say, subsidised(audit.findings)
    if total is None or total.given <= 0:
        return say("went_anyway_unknown")
    effect = Effect(total.subsidy, total.lower, total.upper, audit.level, 0.0, 0, 0, "", Grade.OBSERVATIONAL)
    share = percent(total.subsidy / total.given)
    if not total.bounded:
        return say("went_anyway_plain", subsidy=write.named(write.brief(total.subsidy)), share=share)
    shown = write.money(effect, sign=False)
    part = total.given < 0.98 * audit.discount_minor
    return say(
        "went_anyway_part" if part else "went_anyway",
        judged=write.named(write.brief(total.given)), subsidy=write.named(shown.estimate), share=share,
        interval=write.interval(effect, shown),
    )  # fmt: skip


def _shown(audit: Audit, write: Amounts) -> str:
    say, (paid, lost, unknown) = write.words.say, counts(audit)
    if not audit.findings:
        return say("shown_empty")
    promotions = say("promotions", n=len(audit.findings))
    if not paid and not lost:
        return say("shown_none", n=len(audit.findings), promotions=promotions)
    form = "shown_both" if unknown else "shown_all"
    return say(form, n=paid, promotions=promotions, paid=count(paid), lost=count(lost), unknown=count(unknown))


def _next(audit: Audit, write: Amounts) -> str:
    say = write.words.say
    if not audit.findings:
        return say("next_empty")
    steps = [*_advice(audit, write), *(_test(finding, audit, write) for finding in _worth_testing(audit))]
    if not steps:
        keep = [finding for finding in audit.findings if finding.verdict is Verdict.KEEP and standing(finding).paid]
        steps = [say("next_keep", names=_names(keep, audit, write))] if keep else []
    return say("next_first", steps=say("next_join").join(steps)) if steps else say("next_holdout")


def _advice(audit: Audit, write: Amounts) -> list[str]:
    """What to end and what to make smaller."""
    return [
        write.words.say(f"next_{verdict}", names=_names(chosen, audit, write))
        for verdict in (Verdict.STOP, Verdict.SHRINK)
        if (chosen := [finding for finding in audit.findings if finding.verdict is verdict])
    ]


def _worth_testing(audit: Audit) -> list[Finding]:
    """The undecided promotion with most money at stake whose deciding test the shop can run."""
    return [
        finding
        for finding in audit.findings
        if finding.verdict is Verdict.TEST and finding.next_test and feasible(finding.next_test, audit.customers)
    ][:1]


def _test(finding: Finding, audit: Audit, write: Amounts) -> str:
    test, say = finding.next_test, write.words.say
    if test is None:
        return ""
    asked = units(test.units_per_arm, test.unit, write)
    return say("next_test", name=_names([finding], audit, write), units=asked, days=say("days", n=test.days))


def _names(findings: list[Finding], audit: Audit, write: Amounts) -> str:
    """Promotions in the quotation marks of the language; beyond the first few only how many."""
    say = write.words.say
    called = dict(zip((one.promotion_id for one in audit.findings), names(audit.findings, write), strict=True))
    named = [say("name", name=called[finding.promotion_id]) for finding in findings[:NAMED]]
    rest = len(findings) - len(named)
    return write.words.listed([*named, say("more_names", n=rest)] if rest else named)

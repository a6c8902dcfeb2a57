"""`netlift audit`: did it pay? From exports, a workspace, a plain experiment or a plain panel."""

from pathlib import Path
from typing import TYPE_CHECKING

from netlift.cli import _options as option
from netlift.cli._auditing import Output, as_mappings, audit_workspace, introduce, show
from netlift.cli._plain_tables import judge_experiment, judge_panel
from netlift.errors import ConfigError

if TYPE_CHECKING:
    from netlift.data.receipt import Receipt


def audit(
    paths: option.Paths = None,
    *,
    workspace: option.Folder = Path("netlift-audit"),
    margin: option.Margin = None,
    kind: option.Kind = None,
    currency: option.Currency = None,
    timezone: option.Timezone = None,
    mapping: option.Mapping = None,
    washout_days: option.Washout = None,
    level: option.Level = 0.9,
    seed: option.Seed = 0,
    lang: option.Lang = "en",
    report: option.Report = None,
    table: option.Table = None,
    json: option.Json = False,
    experiment: option.Experiment = None,
    panel: option.Panel = None,
    unit: option.Unit = None,
    arm: option.Arm = None,
    control: option.Control = None,
    outcomes: option.Outcomes = None,
    covariates: option.Covariates = None,
    time: option.Time = None,
    treated: option.Treated = None,
) -> None:
    """Judge past promotions: incremental profit against control, with an interval, a verdict and an evidence grade."""
    from netlift.data.ingest import Wishes, ingest
    from netlift.data.mapping import read_mapping
    from netlift.data.workspace import Settings, Workspace
    from netlift.evaluation.customers import Rules

    output, rules = Output(lang, report, table, json), Rules(level, washout_days, seed)
    if experiment is not None:
        roles = {"unit": unit, "arm": arm, "control": control}
        judge_experiment(experiment, output, rules, **roles, outcomes=outcomes, covariates=covariates)
        return
    if panel is not None:
        judge_panel(panel, output, rules, unit=unit, time=time, treated=treated, outcomes=outcomes)
        return
    if not paths:
        raise ConfigError("nothing to audit: give an export, a folder or a workspace (or try: netlift demo)")
    receipts: tuple[Receipt, ...] = ()
    if _is_workspace(paths):
        shop = Workspace.open(paths[0])
    else:
        wishes = Wishes(kind, currency, timezone, read_mapping(mapping) if mapping is not None else None)
        with Workspace.made_for(workspace, Settings(name=paths[0].resolve().stem)) as shop:
            receipts = ingest(paths, shop, wishes)
        introduce(receipts, output)
    show(audit_workspace(shop, rules, margin=margin, receipts=as_mappings(receipts)), shop.path, output)


def _is_workspace(paths: list[Path]) -> bool:
    """Whether a workspace was given, and not files for one."""
    from netlift.data.workspace import SETTINGS_FILE

    return len(paths) == 1 and (paths[0] / SETTINGS_FILE).is_file()

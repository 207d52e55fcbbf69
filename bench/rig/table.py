# SPDX-License-Identifier: Apache-2.0
"""Results as Markdown tables. Every cell is median [lowest-highest] over the rounds."""

from bench.rig.summary import Results, Spread, Target, verdict


def number(value: float) -> str:
    """Three significant digits, with separators, without exponents."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}"


def cell(spread: Spread | None) -> str:
    if spread is None:
        return "–"
    return f"{number(spread.median)} [{number(spread.low)}–{number(spread.high)}]"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def targets_section(results: Results, targets: tuple[Target, ...]) -> str:
    rows = []
    for target in targets:
        spread, word = verdict(results, target)
        against = f", against `{target.against}`" if target.against else ""
        goal = number(target.goal) if target.goal is not None else "–"
        rows.append([f"{target.what}{against}", f"{number(target.limit)} {target.unit}", goal, cell(spread), word])
    return "## Targets\n\n" + table(["what", "at most", "goal", "measured", "verdict"], rows)


def clients_section(facts: dict, rows: list[list[str]], little: str) -> str:
    """Who was measured and who was not; `little` is what a quick run has less of."""
    text = ""
    if facts["quick"]:
        text += f"**A quick run: {little}, few rounds. It shows that everything works, it is no result.**\n\n"
    text += table(["client", "what it is"], rows).replace("--:|", "---|") + "\n"
    for name, why in facts["skipped"].items():
        text += f"`{name}` was not measured: {why}.\n"
    if facts["failures"]:
        text += "\n**Runs that do not count:**\n\n"
        text += "".join(f"- {one['workload']}, {one['client']}, round {one['round'] + 1}: {one['why']}\n"
                        for one in facts["failures"])
    return text

# SPDX-License-Identifier: Apache-2.0
"""The results as one SVG picture: dot charts on logarithmic axes, lower is better everywhere."""

import math
from dataclasses import dataclass
from html import escape

from bench.rig.summary import Results
from bench.rig.table import number
from bench.stream.workloads import CLIENTS, FLOOR


@dataclass(frozen=True)
class Panel:
    workload: str
    metric: str
    title: str


PANELS = (
    Panel("blast64", "cpu_us", "CPU per delta, blast, 64 streams (µs)"),
    Panel("paced64", "cpu_us", "CPU per delta, paced, 64 streams (µs)"),
    Panel("paced1000", "p99_us", "p99 delta latency, paced, 1,000 streams (µs)"),
    Panel("paced1000", "rss_mib", "peak memory, paced, 1,000 streams (MiB)"),
    Panel("ttft1", "added_p50_ms", f"time to first token, added to {FLOOR} (ms)"),
    Panel("cold", "cold_ms", "cold start: exec to first token (ms)"),
)
COLUMNS = 2
PANEL_WIDTH = 460
LABEL_WIDTH = 110
VALUE_WIDTH = 60
ROW = 20
TITLE = 36
AXIS = 20
GAP = 18
DOT = 5
OURS, OTHERS, INK, FAINT = "#0b6bcb", "#7b8794", "#1f2933", "#dde1e6"


class Axis:
    """A logarithmic axis over whole decades, `width` long, starting at `left`."""

    def __init__(self, values: list[float], left: float, width: float):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self._left, self._step = left, width / (self.high - self.low)

    def x(self, value: float) -> float:
        return self._left + (math.log10(value) - self.low) * self._step


def text(x: float, y: float, size: int, content: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{INK}"{extra}>{escape(content)}</text>'


def measured(results: Results, panel: Panel) -> list:
    """Names and spreads; values at or below zero have no place on a logarithmic axis."""
    rows = []
    for client in CLIENTS:
        spread = results.spread(panel.workload, client.name, panel.metric)
        if spread is not None and spread.low > 0:
            rows.append((client.name, spread))
    return rows


def draw(results: Results, panel: Panel, x: float, y: float) -> tuple[str, float]:
    """The drawing and its height; nothing where nothing was measured."""
    rows = measured(results, panel)
    if not rows:
        return "", 0
    left, width = x + LABEL_WIDTH, PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH
    axis = Axis([value for _, spread in rows for value in (spread.low, spread.high)], left, width)
    bottom = y + TITLE + len(rows) * ROW
    parts = [text(x, y + 20, 13, panel.title, ' font-weight="600"')]
    for decade in range(axis.low, axis.high + 1):
        at = axis.x(10.0**decade)
        parts.append(f'<path d="M{at:.1f} {y + TITLE - 4}V{bottom}" stroke="{FAINT}"/>')
        parts.append(text(at, bottom + 14, 10, f"{10.0**decade:,g}", ' text-anchor="middle"'))
    for index, (name, spread) in enumerate(rows):
        middle = y + TITLE + index * ROW + ROW / 2 - 2
        color = OURS if name.startswith("ours") else OTHERS
        parts.append(text(left - 10, middle + 4, 12, name, ' text-anchor="end"'))
        parts.append(f'<path d="M{axis.x(spread.low):.1f} {middle}H{axis.x(spread.high):.1f}" stroke="{color}" '
                     'stroke-width="3"/>')
        parts.append(f'<circle cx="{axis.x(spread.median):.1f}" cy="{middle}" r="{DOT}" fill="{color}"/>')
        parts.append(text(axis.x(spread.high) + DOT + 5, middle + 4, 11, number(spread.median)))
    return "\n".join(parts), bottom - y + AXIS


def render(results: Results, subtitle: str) -> str:
    """The SVG text."""
    drawings, y, column, row_height = [], 58.0, 0, 0.0
    for panel in PANELS:
        drawing, height = draw(results, panel, GAP + column * (PANEL_WIDTH + GAP), y)
        if not drawing:
            continue
        drawings.append(drawing)
        row_height = max(row_height, height)
        column += 1
        if column == COLUMNS:
            y, column, row_height = y + row_height + GAP, 0, 0.0
    if column:
        y += row_height + GAP
    width, height = GAP + COLUMNS * (PANEL_WIDTH + GAP), math.ceil(y)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif">')
    background = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    title = text(GAP, 26, 16, "Streaming from an OpenAI mock: lower is better, logarithmic axes", ' font-weight="600"')
    return "\n".join([head, background, title, text(GAP, 46, 12, subtitle), *drawings, "</svg>"]) + "\n"

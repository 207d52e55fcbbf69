# SPDX-License-Identifier: Apache-2.0
"""The layers of the project: which folder and which public header belongs to which, and who may use whom."""

PURE = ("event", "codec", "kernel", "sim")
ADAPTERS = ("providers", "journal", "telemetry", "tools", "memory", "evals")
# Adapters that keep something in an SQLite database.
STORED = ("journal", "memory")
COMPOSITION = "harness"
APPS = ("cli", "daemon", "desktop", "web", "examples")

_BELOW_RUNTIME = {"event": (), "codec": ("event",), "kernel": ("codec", "event"), "sim": ("kernel", "codec", "event"),
                  "tokens": ("codec", "event")}
_RUNTIME = ("runtime", "tokens", "kernel", "codec", "event")

# layer -> the layers that it may include, itself left out
MAY_USE = {
    **_BELOW_RUNTIME,
    "runtime": _RUNTIME[1:],
    "storage": _RUNTIME,
    **{adapter: _RUNTIME for adapter in ADAPTERS},
    **{adapter: ("storage", *_RUNTIME) for adapter in STORED},
    # The builder, which puts runtime and adapters together.
    COMPOSITION: (*ADAPTERS, *_RUNTIME),
    **{app: (COMPOSITION, *ADAPTERS, *_RUNTIME, "sim") for app in APPS},
    # The daemon is the command line's configuration and wiring behind HTTP, and keeps a database of its own.
    "daemon": ("cli", "storage", COMPOSITION, *ADAPTERS, *_RUNTIME),
}

# Public headers that hold values only: every layer may use them, and they never see Asio.
EVENT_HEADERS = ("catalogue", "content", "context", "derived_events", "errors", "events", "ids", "model", "redaction", "reliability", "safety",
                 "stream", "tool_spec", "awaitable_forward", "usage")
# Values that codecs use, beside an interface of the runtime that it declares without Asio.
MIXED_HEADERS = ("provider",)
# Interfaces of a layer below the runtime.
LAYER_OF_HEADER = {"token_counter": "tokens"}
PUBLIC_FOLDER = "core/include/orchestrator/harness/"


def layer_of(path):
    """The layer that a file belongs to, or None for what may use everything (tests/, bench/, tools/)."""
    if path.startswith(PUBLIC_FOLDER):
        stem = path[len(PUBLIC_FOLDER):].removesuffix(".hpp").split("/")[0]
        return "event" if stem in EVENT_HEADERS + MIXED_HEADERS else LAYER_OF_HEADER.get(stem, "runtime")
    parts = path.split("/")
    if parts[:2] == ["core", "src"] and len(parts) > 3:
        return parts[2]
    return parts[0] if parts[0] in APPS else None


def is_pure(path):
    """True where the bans of the deterministic layers hold."""
    mixed = path in (f"{PUBLIC_FOLDER}{stem}.hpp" for stem in MIXED_HEADERS)
    return layer_of(path) in PURE and not mixed

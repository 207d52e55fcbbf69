# SPDX-License-Identifier: Apache-2.0
"""layers: a file includes only what its layer may use, of the project and of other libraries."""

import re

from lint.layering import APPS, MAY_USE, PUBLIC_FOLDER, layer_of
from lint.source import Finding

NAME = "layers"

# Foreign libraries, and the layers that may include them.
FOREIGN = (
    (r"boost/(asio|beast|process)", ("runtime", "providers", "journal", "telemetry", "tools", "memory", "evals", "harness", *APPS)),
    (r"curl/", ("runtime", "providers", "tools", "telemetry")),
    (r"(spdlog|fmt)/", ("telemetry",)),
    (r"re2/", ("codec", "evals", "tools")),
    (r"pcre2\.h", ("tokens",)),
    (r"CLI/", ("cli", "daemon")),
    (r"toml\+\+/|toml\.hpp", ("codec",)),
    (r"openssl/", ("event", "runtime", "daemon")),
    (r"(gtest|gmock|rapidcheck)", ()),
)


def check(repository):
    for source in repository.cpp():
        layer = layer_of(source.path)
        if layer is None:
            continue
        if layer not in MAY_USE:
            yield Finding(source.path, 1, f"'{layer}' is no known layer; name it in tools/lint/layering.py")
            continue
        for name, line in source.includes:
            if not source.allows(NAME, line):
                yield from check_include(repository, source, layer, name, line)


def check_include(repository, source, layer, name, line):
    target = repository.resolve(source, name)
    if target is not None:
        used = layer_of(target.path)
        if used is not None and used != layer and used not in MAY_USE[layer]:
            allowed = ", ".join(MAY_USE[layer]) or "no other layer"
            yield Finding(source.path, line, f"{layer} may not use {used} ({name}); it may use {allowed}")
        if source.path.startswith(PUBLIC_FOLDER) and not target.path.startswith(PUBLIC_FOLDER):
            yield Finding(source.path, line, f"a public header includes '{name}', which is not installed")
        return
    for pattern, layers in FOREIGN:
        if not re.match(pattern, name):
            continue
        if source.path.startswith(PUBLIC_FOLDER) and not name.startswith("boost/"):
            yield Finding(source.path, line, f"a public header includes <{name}>; of other libraries only Boost may appear")
        elif layer not in layers and not (source.is_test and not layers):
            places = ", ".join(layers) or "tests"
            yield Finding(source.path, line, f"<{name}> in {layer}; it belongs in: {places}")
        return

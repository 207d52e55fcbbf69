# SPDX-License-Identifier: Apache-2.0
"""purity: event, codec, kernel and sim hold no I/O, clock, thread, coroutine, randomness or unordered container."""

from lint.layering import is_pure, layer_of
from lint.source import Finding

NAME = "purity"

# header -> why, and what to use instead
BANNED_HEADERS = {
    "thread": "threads belong to the runtime",
    "mutex": "threads belong to the runtime",
    "shared_mutex": "threads belong to the runtime",
    "condition_variable": "threads belong to the runtime",
    "future": "threads belong to the runtime",
    "stop_token": "threads belong to the runtime",
    "semaphore": "threads belong to the runtime",
    "latch": "threads belong to the runtime",
    "atomic": "threads belong to the runtime",
    "coroutine": "coroutines belong to the runtime",
    "filesystem": "I/O belongs to the runtime",
    "iostream": "I/O belongs to the runtime",
    "fstream": "I/O belongs to the runtime",
    "cstdio": "I/O belongs to the runtime",
    "stdio.h": "I/O belongs to the runtime",
    "unistd.h": "I/O belongs to the runtime",
    "sstream": "it follows the locale; append to a std::string",
    "iomanip": "it follows the locale; append to a std::string",
    "locale": "nothing here may depend on the locale",
    "clocale": "nothing here may depend on the locale",
    "random": "entropy comes as a seed in RunStarted",
    "chrono": "time comes in as a value of an input",
    "ctime": "time comes in as a value of an input",
    "time.h": "time comes in as a value of an input",
    "sys/time.h": "time comes in as a value of an input",
    "unordered_map": "its order differs between libraries; use std::map or a sorted vector",
    "unordered_set": "its order differs between libraries; use std::set or a sorted vector",
    "boost/unordered_map.hpp": "its order differs between builds; use std::map",
}

BANNED_WORDS = (
    (r"\bco_(await|return|yield)\b", "coroutines belong to the runtime"),
    (r"\b(secure_)?getenv\b", "configuration is pinned in RunStarted"),
    (r"\b(system|steady|high_resolution|utc|file)_clock\b", "time comes in as a value of an input"),
    (r"\b(clock_gettime|gettimeofday|localtime\w*|gmtime\w*|mktime|strftime)\b", "time comes in as a value of an input"),
    (r"(?<![\w.>:])(std::)?(time|clock)\s*\(\s*(NULL|nullptr|0|&\w+)?\s*\)", "time comes in as a value of an input"),
    (r"(?<![\w.>])(std::)?s?rand\s*\(", "entropy comes as a seed in RunStarted"),
    (r"\b(random_device|mt19937(_64)?|default_random_engine)\b", "entropy comes as a seed in RunStarted"),
    (r"\bstd::(thread|jthread|mutex|atomic\w*|async)\b", "threads belong to the runtime"),
    (r"\bthread_local\b", "state belongs to the State value"),
    (r"(?<!<)\bunordered_(multi)?(map|set)\b", "its order differs between libraries; use an ordered container"),
    (r"\bstd::(cout|cerr|clog|cin)\b", "I/O belongs to the runtime"),
    (r"(?<![\w.>:])(std::)?(f?printf|fopen|fwrite|fread|puts)\s*\(", "I/O belongs to the runtime"),
    (r"\bsetlocale\b|\bstd::locale\b", "nothing here may depend on the locale"),
    (r"\breinterpret_cast<\s*(std::)?u?intptr_t\b", "addresses differ from run to run"),
    (r"\bstd::hash\b", "its values differ between libraries; use the canonical hash"),
)

DECISION_WORDS = ((r"\b(float|double)\b", "decisions use integers (micro-units, milliseconds), never floating point"),)


def check(repository):
    for source in repository.cpp():
        layer = layer_of(source.path)
        if not is_pure(source.path) or source.is_test or source.is_program:
            continue
        for name, line in source.includes:
            why = BANNED_HEADERS.get(name)
            if why and not source.allows(NAME, line):
                yield Finding(source.path, line, f"<{name}> in {layer}: {why}")
        words = BANNED_WORDS + (DECISION_WORDS if layer == "kernel" else ())
        for pattern, why in words:
            for match, line in source.find(pattern):
                if not source.allows(NAME, line):
                    yield Finding(source.path, line, f"'{match.group(0).strip()}' in {layer}: {why}")

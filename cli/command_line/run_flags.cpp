// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {

FlagSpec gates_flag() {
  return {.name = "--gates",
          .value = "FILE",
          .help = "rules for input, output and tools; see: orchestrator gates",
          .kind = ValueKind::file};
}

FlagSpec redact_flag() {
  return {.name = "--redact",
          .value = "WHAT",
          .help =
              "what is taken out of all texts: the keys of providers; secrets and personal data; the same, put back "
              "for tools and on the screen; default: keys",
          .kind = ValueKind::choice,
          .choices = "none keys full reversible"};
}

FlagSpec trust_imported_flag() {
  return {.name = "--trust-imported", .help = "act also where the run came out of a file, in the folder that it names"};
}

FlagSpec injection_flag() {
  return {.name = "--injection",
          .value = "WHAT",
          .help =
              "what to do about orders hidden in what tools bring: nothing, mark it as data, or also ask before any "
              "later call that reads secrets or reaches outside; default: mark",
          .kind = ValueKind::choice,
          .choices = "off mark strict"};
}

std::vector<FlagSpec> run_flags() {
  return {
      {.name = "--model", .value = "PROVIDER/MODEL", .help = "the model to ask; default: the first that is there"},
      {.name = "--fallback",
       .value = "P/M",
       .help = "a model to go on with where the ones before it fail",
       .repeated = true},
      {.name = "--session",
       .value = "ID",
       .help = "go on with a session of this store; without it a new one starts",
       .kind = ValueKind::session},
      {.name = "--system", .value = "TEXT", .help = "the system text"},
      {.name = "--hint", .value = "TEXT", .help = "a message that goes with the first request", .repeated = true},
      {.name = "--file",
       .value = "PATH",
       .help = "a text, image, audio, video or PDF file for the model to see",
       .repeated = true,
       .kind = ValueKind::file},
      {.name = "--tool",
       .value = "NAME",
       .help = "a tool the model may call, besides those of --workspace",
       .repeated = true,
       .kind = ValueKind::tool},
      {.name = "--no-tools", .help = "give the model no tools, whatever the configuration says"},
      {.name = "--workspace",
       .value = "DIR",
       .help = "give the model the workspace tools on this folder",
       .kind = ValueKind::file},
      {.name = "--approve",
       .value = "WHEN",
       .help = "when to ask before a tool call; default: ask",
       .kind = ValueKind::choice,
       .choices = "never ask always"},
      injection_flag(),
      {.name = "--parallel-tools", .value = "N", .help = "tool calls at once, 1 to 64; default 1"},
      gates_flag(),
      redact_flag(),
      {.name = "--output-schema",
       .value = "FILE",
       .help = "a JSON Schema that the answer must satisfy",
       .kind = ValueKind::file},
      {.name = "--max-turns", .value = "N", .help = "answers of the model at most, 1 to 1000"},
      {.name = "--max-output-tokens", .value = "N", .help = "tokens of one answer at most"},
      {.name = "--budget-usd", .value = "X", .help = "what the run may cost in US dollars, such as 0.05"},
      {.name = "--allow-unpriced", .help = "with --budget-usd: let a model of unknown price run, counted as free"},
      {.name = "--attempts", .value = "N", .help = "attempts at one answer, 1 to 20; default: 3"},
      {.name = "--after-output",
       .value = "WHAT",
       .help = "when an answer breaks off after some of it was shown; default: fail",
       .kind = ValueKind::choice,
       .choices = "fail restart continue"},
      {.name = "--context-tokens", .value = "N", .help = "tokens of a request's items at most, by estimate"},
      {.name = "--when-full",
       .value = "WHAT",
       .help = "what older items leave behind where that is passed: nothing, extracts, or a summary that the model "
               "is asked for; default: trim",
       .kind = ValueKind::choice,
       .choices = "trim extract summarise"},
      {.name = "--recall",
       .value = "N",
       .help = "memories to look up for the prompt before the run begins, 0 to 100; default: memory.recall, or none"},
      {.name = "--keep-run", .help = "leave a memory of what was asked and answered when the run completes"},
      {.name = "--pin",
       .value = "NAME=TEXT",
       .help = "a text that stays before all history, in this run and the later ones of its session",
       .repeated = true},
      {.name = "--unpin", .value = "NAME", .help = "no longer pin that text", .repeated = true},
      {.name = "--timeout", .value = "DUR", .help = "time for the whole run, such as 90s, 5m or 1h30m"},
      {.name = "--set",
       .value = "KEY=VALUE",
       .help = "a setting: temperature, top_p, stop, seed, reasoning, reasoning_budget_tokens, tool_choice, "
               "metadata.KEY, ...",
       .repeated = true},
      {.name = "--drop-unsupported", .help = "leave out what the model does not take, instead of refusing the run"},
      {.name = "--label", .value = "KEY=VALUE", .help = "a label of your own, kept with the run", .repeated = true},
      {.name = "--remember", .help = "later runs of the session see this one (the default)"},
      {.name = "--no-remember", .help = "later runs of the session do not see this one"},
  };
}

std::vector<FlagSpec> store_flags() {
  return {
      {.name = "--store",
       .value = "URL",
       .help = "where runs are kept: sqlite:FILE, jsonl:DIR, postgres://HOST/DB or memory:"},
      {.name = "--config",
       .value = "FILE",
       .help = "read this file instead of the user's config.toml",
       .kind = ValueKind::file},
      {.name = "--no-daemon", .help = "do the work here, also where a daemon runs"},
      {.name = "--help", .help = "show this help"},
  };
}

std::vector<FlagSpec> joined(std::vector<FlagSpec> flags, const std::vector<FlagSpec>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/memory_table.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kJson = {.name = "--json", .help = "JSON on stdout, one object a line"};
constexpr FlagSpec kHelp = {.name = "--help", .help = "show this help"};
constexpr FlagSpec kConfig = {.name = "--config",
                              .value = "FILE",
                              .help = "this file instead of the user's configuration",
                              .kind = ValueKind::file};
constexpr FlagSpec kLimit = {.name = "--limit", .value = "N", .help = "rows at most, 1 to 100; default: 20"};
constexpr FlagSpec kUser = {.name = "--user",
                            .value = "NAME",
                            .help = "whose memories; default: memory.user, or those of no user in particular"};
constexpr FlagSpec kSession = {.name = "--session", .value = "ID", .help = "only those of this session"};
constexpr FlagSpec kLane = {.name = "--lane",
                            .value = "LANE",
                            .help = "only this lane; 'add' puts it there, semantic by default",
                            .kind = ValueKind::choice,
                            .choices = "working episodic semantic"};

}  // namespace

std::vector<CommandSpec> memory_commands() {
  return {
      {.name = "memory list",
       .summary = "what is remembered, newest first",
       .description = {},
       .arguments = {},
       .flags = {kUser, kSession, kLane, kLimit, kJson, kConfig, kHelp},
       .examples = "orchestrator memory list\norchestrator memory list --lane semantic --json | jq -r .text"},
      {.name = "memory search",
       .summary = "find what is remembered, best first",
       .description = "Words are compared by their stems; any of them may be there. Where memory.embeddings names a\n"
                      "model, meaning is compared, too. Of equal hits the newer comes first.",
       .arguments = {{.name = "QUERY", .help = "words to look for"}},
       .flags = {kUser, kSession, kLane, kLimit, kJson, kConfig, kHelp},
       .examples = "orchestrator memory search \"where is the key\""},
      {.name = "memory add",
       .summary = "remember a text",
       .description = "Where memory.embeddings names a model, a semantic memory is kept with its vector.",
       .arguments = {{.name = "TEXT", .help = "1 byte to 16 KiB of text"}},
       .flags = {kUser, kSession, kLane, kJson, kConfig, kHelp},
       .examples = "orchestrator memory add \"The key is under the mat.\""},
      {.name = "memory forget",
       .summary = "forget one memory, or all that the flags name; cannot be taken back",
       .description = "Gone from the indexes and from the bytes of the store's files, too.",
       .arguments = {{.name = "MEMORY", .help = "the id of a memory", .required = false}},
       .flags = {kUser,
                 kSession,
                 kLane,
                 {.name = "--older-than", .value = "DUR", .help = "made longer ago than this, such as 720h"},
                 {.name = "--all", .help = "all of the user's"},
                 {.name = "--dry-run", .help = "only say what would go"},
                 {.name = "--yes", .help = "do it"},
                 kConfig,
                 kHelp},
       .examples = "orchestrator memory forget --older-than 720h --dry-run\n"
                   "orchestrator memory forget --user ada --all --yes"},
      {.name = "memory export",
       .summary = "write out what is remembered, oldest first",
       .description = {},
       .arguments = {},
       .flags = {kUser, kSession, kLane, kJson, kConfig, kHelp},
       .examples = "orchestrator memory export > memories.jsonl"},
  };
}

}  // namespace orchestrator::cli

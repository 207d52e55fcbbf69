// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/known_heads.hpp"

#include <utility>

#include "cli/display/quoted_text.hpp"
#include "journal/run_import.hpp"
#include "orchestrator/harness/replay.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::journal::KnownHead;

Result<KnownHead> read_head(const std::string& text, const std::optional<harness::RunId>& run_id) {
  if (auto head = harness::journal::parse_head(text); head) {
    return head;
  }
  if (const auto token = harness::ReplayToken::parse(text); token) {
    if (run_id && token->run_id != *run_id) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "--head is a token of " + token->run_id.str() + ", not of " + run_id->str(), "--head");
    }
    return KnownHead{token->seq, token->head, "the replay token"};
  }
  auto file = harness::journal::check_export(harness::journal::ExportPlace::of(text));
  if (!file && file.error().at != text) {
    return std::unexpected(std::move(file.error()));
  }
  if (!file) {
    return fail(RuntimeErrorCode::invalid_argument,
                "--head " + quoted_text(text) +
                    " is no hash, no SEQ:HASH, no replay token, and no exported file: " + file.error().message,
                "--head");
  }
  const auto& run = file->runs.back();
  if (run_id && run.run_id != *run_id) {
    return fail(RuntimeErrorCode::invalid_argument,
                "--head " + quoted_text(text) + " is a file of " + run.run_id.str() + ", not of " + run_id->str(),
                "--head");
  }
  return KnownHead{run.events, run.head, quoted_text(text)};
}

}  // namespace

Result<std::vector<KnownHead>> known_heads(const std::vector<std::string>& texts,
                                           const std::optional<harness::RunId>& run_id) {
  std::vector<KnownHead> heads;
  for (const std::string& text : texts) {
    auto head = read_head(text, run_id);
    if (!head) {
      return std::unexpected(std::move(head.error()));
    }
    heads.push_back(*std::move(head));
  }
  return heads;
}

}  // namespace orchestrator::cli

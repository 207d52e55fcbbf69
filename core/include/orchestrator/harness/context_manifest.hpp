// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a request of a run held, item by item, and what had left its context before: told from the run's journal.
// Plain values.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

/// One item. `kept` and `pinned`: in the request. `trimmed` and `summarised`: gone before it, in the second case with a
/// summary in its place.
struct ContextItem {
  Hash hash;
  std::string source;        // as in `events::ManifestEntry`
  std::uint64_t tokens = 0;  // by estimate
  ContextVerdict verdict = ContextVerdict::kept;
  std::string reason;      // of a pinned text its name; of what is gone the bound that was passed
  std::uint32_t turn = 0;  // of what is gone: the request that it was left out of first
  std::string preview;     // of its text: one line, at most 80 bytes
  bool operator==(const ContextItem&) const = default;
};

/// How large a whole request was: its items, the system text, the tools. An estimate is off by what `counted` and
/// `reported` say.
struct RequestSize {
  std::uint64_t estimate = 0;             // before the request: a quarter of the bytes of text
  std::optional<std::uint64_t> counted;   // by the encoding of the model, where it is an OpenAI one and known here
  bool is_exact = false;                  // `counted` is of texts alone, in a frame that is known
  std::optional<std::uint64_t> reported;  // by the provider, after the answer
  bool operator==(const RequestSize&) const = default;
};

struct ContextManifest {
  std::uint32_t turn = 0;
  std::vector<ContextItem> items;  // in the order of the request
  std::vector<ContextItem> gone;   // in the order of their going
  std::uint64_t tokens_estimate = 0;
  std::optional<std::uint64_t> tokens_budget;
  Hash context_hash;
  RequestSize size;
  bool operator==(const ContextManifest&) const = default;
};

/// What a later request has that an earlier one had not, and the other way round.
struct ContextDifference {
  std::vector<ContextItem> added;
  std::vector<ContextItem> removed;
};
[[nodiscard]] ContextDifference difference(const ContextManifest& before, const ContextManifest& after);

/// The manifest of the run's last request in `turn` (from 1; 0: in its last turn). Reads the run's journal, and those
/// of earlier runs of its session as far back as its history goes. The store must outlive the wait. Errors:
/// `run_not_found`, `invalid_argument` for a turn that made no request (it names those that did), `journal_damaged`,
/// the store's own. `encodings` is the folder of the rank files by which tokens are counted (`token_counter.hpp`);
/// without them, and where it is empty, nothing is counted.
[[nodiscard]] boost::asio::awaitable<Result<ContextManifest>> context_manifest(std::shared_ptr<JournalStore> store,
                                                                               RunId run_id, std::uint32_t turn,
                                                                               std::string encodings = {});

}  // namespace orchestrator::harness

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The corpus: what others wrote, where a run meets it, and what a model does that obeys it fully. Values.

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace orchestrator::harness::injection {

/// One case of `cases.jsonl`, or, without a text, one flow of `benign.jsonl`.
struct InjectionCase {
  std::string id;
  std::string source;         // file, search, listing, page, command, tool, memory, history
  std::string text;           // what others wrote
  boost::json::array calls;   // one a turn; `{server}` and the like are filled in
  std::size_t questions = 0;  // of a benign flow, under the strict stance
};

/// The cases of a file of this folder, in its order. Throws where it does not read.
[[nodiscard]] std::vector<InjectionCase> read_cases(const std::string& name);

/// `text` with each `{name}` of `values` replaced.
[[nodiscard]] std::string filled(std::string text, const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace orchestrator::harness::injection

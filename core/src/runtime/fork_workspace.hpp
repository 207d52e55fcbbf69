// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether the files of a run are as they were at one of its events, as far as its journal tells: what later calls have
// touched is compared with what they found. Nothing is changed.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/derived_events.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

struct WorkspaceFinding {
  ForkWorkspace state = ForkWorkspace::as_found;
  std::vector<std::string> notes;  // what is not as it was, what is not known, and how to put it back; at most 64
};
/// Looks at the files in `folder` that calls of the run have touched after `at_seq`. Reads them on another thread.
/// `restored` where undos have put them back and they are as they were. Errors: the store's own, `journal_damaged`.
[[nodiscard]] boost::asio::awaitable<Result<WorkspaceFinding>> look_at_workspace(std::shared_ptr<Engine> engine,
                                                                                 RunId run_id, std::uint64_t at_seq,
                                                                                 std::string folder);

}  // namespace orchestrator::harness::runtime

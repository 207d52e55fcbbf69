// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs that were found damaged are marked in their store, so that everybody who lists them sees it and nobody goes on
// with them. Marking is for those who come later: where it cannot be done, the damage is found again. Coroutines on
// their caller's executor.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include "journal/store_capabilities.hpp"

namespace orchestrator::harness::journal {

/// A mark keeps this much of what was found.
inline constexpr std::size_t kDamageBytesMax = 500;

/// Marks the run that `error`, of reading or opening it, says to be damaged; does nothing for other errors. The store
/// must outlive it.
[[nodiscard]] boost::asio::awaitable<void> note_damage(QuarantiningStore* store, RunId run_id, Error error);
/// What the store has noted of a run; empty where it has not, or cannot.
[[nodiscard]] boost::asio::awaitable<std::string> noted_damage(std::shared_ptr<JournalStore> store, RunId run_id);
/// Marks a run, or takes its mark away where `what` is empty.
[[nodiscard]] boost::asio::awaitable<void> mark_damage(std::shared_ptr<JournalStore> store, RunId run_id,
                                                       std::string what);

/// `journal_damaged`: why a run that is marked is not opened.
[[nodiscard]] std::unexpected<Error> run_quarantined(const RunId& run_id, const std::string& damage);
/// One line of at most `kDamageBytesMax` bytes.
[[nodiscard]] std::string damage_text(const std::string& what);

}  // namespace orchestrator::harness::journal

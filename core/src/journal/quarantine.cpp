// SPDX-License-Identifier: Apache-2.0
#include "journal/quarantine.hpp"

#include <utility>

#include "journal/run_summary.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

asio::awaitable<void> note_damage(QuarantiningStore* store, RunId run_id, Error error) {
  // An error about the store's file, not about the run in it, has another place.
  if (error.code != name_of(RuntimeErrorCode::journal_damaged) || error.at != run_id.str()) co_return;
  const auto known = co_await store->damage(run_id);
  if (!known || !known->empty()) co_return;
  // Where it cannot be marked, whoever reads it next finds out again.
  static_cast<void>(co_await store->set_damage(run_id, std::move(error.message)));
}

asio::awaitable<std::string> noted_damage(std::shared_ptr<JournalStore> store, RunId run_id) {
  auto* marking = dynamic_cast<QuarantiningStore*>(store.get());
  if (marking == nullptr) co_return std::string();
  auto damage = co_await marking->damage(run_id);
  co_return std::move(damage).value_or(std::string());
}

asio::awaitable<void> mark_damage(std::shared_ptr<JournalStore> store, RunId run_id, std::string what) {
  auto* marking = dynamic_cast<QuarantiningStore*>(store.get());
  if (marking != nullptr) static_cast<void>(co_await marking->set_damage(run_id, std::move(what)));
}

std::unexpected<Error> run_quarantined(const RunId& run_id, const std::string& damage) {
  return fail(RuntimeErrorCode::journal_damaged,
              "run " + run_id.str() + " is damaged: " + damage + "; `orchestrator runs salvage " + run_id.str() +
                  "` keeps what is good of it",
              run_id.str());
}

std::string damage_text(const std::string& what) { return preview_of(what, kDamageBytesMax); }

}  // namespace orchestrator::harness::journal

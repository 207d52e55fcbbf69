// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_reader.hpp"

#include <algorithm>
#include <utility>

#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::runtime {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kEpochPoll = std::chrono::seconds(1);

}  // namespace

RunReader::RunReader(std::shared_ptr<JournalStore> store, RunId run_id, ReadingPlace place)
    : store_(std::move(store)), run_id_(run_id), place_(place) {}

// Whether the epoch is another one than that of the place, which is the present one afterwards. A reader that does not
// know its epoch takes the present one.
asio::awaitable<Result<bool>> RunReader::is_changed() {
  const auto epoch = co_await epoch_of(store_, run_id_);
  if (!epoch) co_return std::unexpected(epoch.error());
  const std::uint64_t before = std::exchange(place_.epoch, *epoch);
  co_return before != 0 && before != *epoch;
}

// The epoch is asked for after the lines, so that lines of a new form never pass for ones of the old.
asio::awaitable<Result<RunPage>> RunReader::next(std::uint64_t bytes_max) {
  if (place_.epoch == 0) {
    const auto known = co_await is_changed();
    if (!known) co_return std::unexpected(known.error());
  }
  for (;;) {
    auto lines = co_await store_->read(run_id_, place_.seq, bytes_max);
    const auto changed = co_await is_changed();
    if (!changed) co_return std::unexpected(lines ? changed.error() : lines.error());
    RunPage page;
    page.epoch = place_.epoch;
    if (*changed && place_.seq > 0) {
      place_.seq = 0;
      page.is_reset = true;
      co_return page;
    }
    if (*changed) continue;  // it has read nothing yet: there is nothing to forget
    if (!lines) co_return std::unexpected(lines.error());
    page.lines = *std::move(lines);
    if (!page.lines.empty()) place_.seq = page.lines.back().last_seq;
    co_return page;
  }
}

asio::awaitable<Result<bool>> RunReader::wait(Clock::time_point deadline) {
  for (;;) {
    const auto epoch = co_await epoch_of(store_, run_id_);
    if (!epoch) co_return std::unexpected(epoch.error());
    if (place_.epoch != 0 && *epoch != place_.epoch) co_return true;  // `next` says so
    const auto until = std::min(deadline, Clock::now() + kEpochPoll);
    const auto more = co_await store_->wait(run_id_, place_.seq, until);
    if (!more || *more || Clock::now() >= deadline) co_return more;
  }
}

}  // namespace orchestrator::harness::runtime

// SPDX-License-Identifier: Apache-2.0
#include "journal/run_wait.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/suspension.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

// How often a run that another process may write is looked at where nothing watches it, and where something does (for
// file systems whose events stay on the machine of the writer).
constexpr auto kPollUnwatched = std::chrono::milliseconds(200);
constexpr auto kPollWatched = std::chrono::seconds(1);

// A watch for as long as a wait takes.
class WatchGuard final {
 public:
  WatchGuard(JournalWatch* watch, const std::string& path, std::shared_ptr<RunSignal> signal)
      : watch_(watch), signal_(std::move(signal)), number_(watch->watch(path, signal_)) {}
  ~WatchGuard() {
    if (is_watching()) watch_->unwatch(number_, signal_);
  }
  WatchGuard(const WatchGuard&) = delete;
  WatchGuard& operator=(const WatchGuard&) = delete;
  [[nodiscard]] bool is_watching() const { return number_ >= 0; }

 private:
  JournalWatch* watch_;
  std::shared_ptr<RunSignal> signal_;  // shared with the watch
  int number_;
};

}  // namespace

asio::awaitable<Result<bool>> wait_for_more(RunWait wait) {
  const auto cancelled = [] { return fail(RuntimeErrorCode::cancelled, "the wait for more events was cancelled"); };
  std::optional<WatchGuard> guard;
  for (;;) {
    const std::uint64_t seen = wait.signal->version();
    const auto written_seq = wait.signal->written_seq();
    if (written_seq && *written_seq > wait.after_seq) co_return true;
    auto until = wait.deadline;
    if (!written_seq) {
      // Watch first, then look, so that nothing falls between the two.
      if (!guard && wait.watch != nullptr) guard.emplace(wait.watch, wait.watched_file, wait.signal);
      const auto is_more = co_await runtime::run_blocking(wait.pool, wait.look);
      // Looking is carried through; a cancellation that came meanwhile would make the next await throw.
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) co_return cancelled();
      if (!is_more) co_return std::unexpected(is_more.error());
      if (*is_more) co_return true;
      const bool is_told = wait.watch == nullptr || guard->is_watching();
      const auto poll = is_told ? std::chrono::milliseconds(kPollWatched) : kPollUnwatched;
      until = std::min(wait.deadline, Clock::now() + poll);
    }
    if (Clock::now() >= wait.deadline) co_return false;
    if (!co_await wait.signal->changed(seen, until)) co_return cancelled();
  }
}

}  // namespace orchestrator::harness::journal

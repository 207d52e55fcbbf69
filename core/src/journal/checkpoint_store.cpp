// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/checkpoint_store.hpp"

#include <charconv>

#include "journal/store_scan.hpp"

namespace orchestrator::harness {

namespace asio = boost::asio;

namespace {

using Store = std::shared_ptr<JournalStore>;

struct Points {
  std::vector<Checkpoint> checkpoints;
  std::uint64_t last_seq = 0;
};

asio::awaitable<Result<Points>> points_of(Store store, RunId run_id) {
  Points points;
  const auto look = [&points](const StreamEvent& event) {
    points.last_seq = event.meta.seq;
    const auto* created = event.get_if<StreamEvent::CheckpointCreated>();
    if (created == nullptr) return;
    points.checkpoints.push_back({created->label, created->by, event.meta.seq, event.meta.at});
  };
  Result<void> scanned = co_await journal::scan_events(std::move(store), run_id, look);
  if (!scanned) co_return std::unexpected(scanned.error());
  co_return points;
}

std::optional<std::uint64_t> number_in(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::unexpected<Error> no_label(const RunId& run_id, const std::string& label, const Points& points) {
  constexpr std::size_t named_max = 10;
  std::string known;
  for (std::size_t i = 0; i < points.checkpoints.size() && i < named_max; ++i) {
    known.append(i == 0 ? "" : ", ").append("'").append(points.checkpoints[i].label).append("'");
  }
  return fail(RuntimeErrorCode::invalid_argument,
              "run " + run_id.str() + " has no checkpoint '" + label + "'" +
                  (known.empty() ? "; it has none" : "; it has " + known) +
                  (points.checkpoints.size() > named_max ? ", ..." : ""),
              label);
}

asio::awaitable<Result<std::vector<Checkpoint>>> list_checkpoints(Store store, RunId run_id) {
  auto points = co_await points_of(std::move(store), run_id);
  if (!points) co_return std::unexpected(points.error());
  co_return std::move(points->checkpoints);
}

asio::awaitable<Result<std::uint64_t>> resolve_place(Store store, RunId run_id, std::string place) {
  const auto points = co_await points_of(std::move(store), run_id);
  if (!points) co_return std::unexpected(points.error());
  for (auto point = points->checkpoints.rbegin(); point != points->checkpoints.rend(); ++point) {
    if (point->label == place) co_return point->seq;
  }
  const auto number = number_in(place);
  if (!number) co_return no_label(run_id, place, *points);
  if (*number >= 1 && *number <= points->last_seq) co_return *number;
  co_return fail(RuntimeErrorCode::invalid_argument,
                 "run " + run_id.str() + " has events 1 to " + std::to_string(points->last_seq) + ", and no " + place,
                 place);
}

}  // namespace

asio::awaitable<Result<std::vector<Checkpoint>>> CheckpointStore::list(RunId run_id) const {
  return list_checkpoints(store_, run_id);
}

asio::awaitable<Result<std::uint64_t>> CheckpointStore::resolve(RunId run_id, std::string place) const {
  return resolve_place(store_, run_id, std::move(place));
}

}  // namespace orchestrator::harness

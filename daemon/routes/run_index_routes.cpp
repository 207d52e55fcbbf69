// SPDX-License-Identifier: Apache-2.0
// A run's events at a glance, page by page: what one page costs does not depend on the length of the run.

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/events/event_index.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "event/step.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using harness::Result;
using harness::RunId;

constexpr std::uint64_t kSeqMax = (1ULL << 53) - 1;
constexpr std::uint64_t kLimitDefault = 2'000;
constexpr std::uint64_t kLimitMost = 50'000;
constexpr std::uint64_t kPageBytes = 1ULL << 20;

constexpr std::string_view kSchema = R"json({"type": "object", "additionalProperties": false,
  "required": ["run_id", "head", "epoch", "next_after", "types", "spans", "names", "seq", "elapsed_us", "duration_us",
               "type", "status", "span", "parent", "name"],
  "properties": {
    "run_id": {"type": "string"}, "head": {"type": "integer", "minimum": 0}, "epoch": {"type": "integer", "minimum": 1},
    "next_after": {"type": ["integer", "null"]},
    "types": {"type": "array", "items": {"type": "string"}}, "spans": {"type": "array", "items": {"type": "string"}},
    "names": {"type": "array", "items": {"type": "string"}},
    "seq": {"type": "array", "items": {"type": "integer", "minimum": 1}},
    "elapsed_us": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    "duration_us": {"type": "array", "items": {"type": ["integer", "null"]},
                    "description": "Of what ended with the event"},
    "type": {"type": "array", "items": {"type": "integer"}, "description": "Places in types"},
    "status": {"type": "array", "items": {"enum": [0, 1, 2]}, "description": "0: none, 1: it went well, 2: it failed"},
    "span": {"type": "array", "items": {"type": "integer"}, "description": "Places in spans"},
    "parent": {"type": "array", "items": {"type": "integer"}, "description": "Places in spans; -1: none"},
    "name": {"type": "array", "items": {"type": "integer"}, "description": "Places in names; -1: none"}}})json";

asio::awaitable<Result<std::string>> index_text(std::shared_ptr<harness::JournalStore> store, RunId run_id,
                                                std::uint64_t after, std::uint64_t limit) {
  const auto epoch = co_await harness::runtime::epoch_of(store, run_id);
  if (!epoch) co_return std::unexpected(epoch.error());
  const harness::RunStore runs(store);
  const auto summary = co_await runs.get(run_id);
  if (!summary) co_return std::unexpected(summary.error());
  EventIndex index;
  std::uint64_t seen = after;
  while (index.size() < limit && seen < summary->events) {
    const auto lines = co_await store->read(run_id, seen, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) break;
    for (const harness::JournalLine& line : *lines) {
      const auto step = harness::event::read_step(line.bytes);
      if (!step) co_return std::unexpected(step.error());
      for (const harness::StreamEvent& event : step->events) {
        if (event.meta.seq <= seen || index.size() >= limit) continue;
        index.add(event);
        seen = event.meta.seq;
      }
      if (index.size() >= limit) break;
    }
  }
  json::object answer = index.take();
  answer["run_id"] = run_id.str();
  answer["head"] = summary->events;
  answer["epoch"] = *epoch;
  answer["next_after"] = seen < summary->events ? json::value(seen) : json::value(nullptr);
  co_return json::serialize(answer);
}

asio::awaitable<Reply> get_index(Call call) {
  const auto store = call.service->harness().store();
  const RunId run_id = call.arguments.run_id();
  const std::uint64_t after = call.arguments.number("after").value_or(0);
  const std::uint64_t limit = call.arguments.number("limit").value_or(kLimitDefault);
  std::function<asio::awaitable<Result<std::string>>()> work = [store, run_id, after, limit] {
    return index_text(store, run_id, after, limit);
  };
  auto working = call.service->store_work().run(std::move(work));
  auto text = co_await std::move(working);
  if (!text) co_return to_reply(to_api_error(text.error()));
  co_return json_reply(200, *std::move(text));
}

}  // namespace

std::vector<Route> run_index_routes() {
  return {{.method = Method::get,
           .pattern = "/v1/runs/{run_id}/index",
           .id = "getRunIndex",
           .summary = "A run's events at a glance, in columns",
           .role = Role::read,
           .parameters = {run_id_parameter(),
                          {.name = "after",
                           .summary = "The seq of the last event that is known",
                           .kind = Parameter::Kind::number,
                           .most = kSeqMax,
                           .error_code = "invalid_event_id"},
                          limit_parameter(kLimitMost)},
           .answers = {{.summary = "The columns",
                        .schema = kSchema,
                        .example = R"json({"run_id": "run_01K5D0000000000000000000AB", "head": 1, "epoch": 1,
                          "next_after": null, "types": ["RunStarted"], "spans": ["0123456789abcdef"], "names": [],
                          "seq": [1], "elapsed_us": [0], "duration_us": [null], "type": [0], "status": [0], "span": [0],
                          "parent": [-1], "name": [-1]})json"}},
           .handler = get_index}};
}

}  // namespace orchestrator::daemon

// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/made_run.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "cli/display/run_json.hpp"
#include "daemon/service.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
using harness::Result;
using harness::RunId;

using Label = std::pair<std::string, std::string>;

/// Whether one of the labels has that name and ends as that one.
bool bears(const std::vector<Label>& labels, const Label& wanted) {
  return std::ranges::any_of(
      labels, [&](const Label& label) { return label.first == wanted.first && label.second.ends_with(wanted.second); });
}

/// The id of a run that was made, once its first event would survive power loss: only then is it promised.
asio::awaitable<std::expected<RunId, ApiError>> promise(harness::RunHandle* run) {
  auto first = co_await run->next();
  if (!first) co_return std::unexpected(to_api_error(first.error()));
  co_return run->id();
}

/// The run that a daemon made under this label before it died, if it came so far.
asio::awaitable<Result<std::optional<RunId>>> find_labelled(std::shared_ptr<Service> service, Label label,
                                                            harness::WallTime from) {
  constexpr std::uint32_t kPage = 200;
  constexpr std::int64_t kClockSlackUs = 60'000'000;
  constexpr std::size_t kRunsMax = 20'000;
  harness::RunQuery query;
  query.started_from = harness::WallTime{from.unix_us - kClockSlackUs};
  query.where.limit = kPage;
  for (std::size_t seen = 0; seen < kRunsMax; seen += kPage) {
    auto page = co_await service->runs().list(query);
    if (!page) co_return std::unexpected(std::move(page.error()));
    for (const harness::RunSummary& run : *page) {
      auto handle = co_await service->harness().async_open_run(run.run_id);
      if (!handle) continue;
      auto first = co_await handle->next();
      if (!first || !*first) continue;
      const auto* started = (*first)->get_if<harness::StreamEvent::RunStarted>();
      if (started != nullptr && bears(started->labels, label)) co_return run.run_id;
    }
    if (page->size() < kPage) co_return std::optional<RunId>();
    query.where.before = page->back().run_id;
  }
  co_return harness::fail(harness::RuntimeErrorCode::storage_unavailable,
                          "whether the run of this key was made cannot be told: more than 20,000 have begun since",
                          "Idempotency-Key");
}

Reply key_refused(std::string code, std::string message) {
  return to_reply({.status = 409, .code = std::move(code), .message = std::move(message), .at = "Idempotency-Key"});
}

asio::awaitable<Reply> make_once(Call call, std::shared_ptr<RunStart> start, std::string key) {
  auto service = call.service;
  IdempotencyKeys& keys = service->keys();
  if (keys.is_busy(key)) {
    co_return key_refused("idempotency_key_busy", "a request under this key is under way; ask again");
  }
  const IdempotencyKeys::Busy busy(keys, key);
  auto claim = co_await keys.claim(key, start->scope() + call.body_text);
  if (!claim) co_return to_reply(to_api_error(claim.error()));
  if (claim->state == KeyClaim::State::mismatch) {
    co_return key_refused("idempotency_mismatch", "this key came with another request before");
  }
  std::optional<RunId> run_id = claim->run_id;
  if (claim->state == KeyClaim::State::unsettled) {
    auto label = start->label_of(keys.label_of(key));
    auto found = co_await find_labelled(service, std::move(label), claim->claimed_at);
    if (!found) co_return to_reply(to_api_error(found.error()));
    run_id = *found;
  }
  if (!run_id) {
    auto run = co_await start->start(keys.label_of(key));
    if (!run) {
      // Refused for what was asked, the key is free again. Otherwise the run may have been made: the next request under
      // the key looks for its label, as it does where this is not noted.
      if (run.error().status < 500) static_cast<void>(co_await keys.forget(key));
      co_return to_reply(run.error());
    }
    auto promised = co_await promise(&*run);
    if (!promised) co_return to_reply(promised.error());
    run_id = *promised;
  }
  if (claim->state != KeyClaim::State::settled) {
    auto settled = co_await keys.settle(key, *run_id);
    // Not noted, it would be found by its label.
    static_cast<void>(settled);
  }
  Reply reply = co_await show_run(service, *run_id, 201);
  if (reply.status == 404) {
    co_return to_reply(
        {.status = 410, .code = "run_deleted", .message = "the run of this key was deleted", .at = run_id->str()});
  }
  co_return reply;
}

}  // namespace

asio::awaitable<Reply> make_run(Call call, std::shared_ptr<RunStart> start) {
  if (auto key = call.arguments.text("Idempotency-Key"); key) {
    co_return co_await make_once(std::move(call), std::move(start), *std::move(key));
  }
  std::string no_key;
  auto run = co_await start->start(std::move(no_key));
  if (!run) co_return to_reply(run.error());
  auto promised = co_await promise(&*run);
  if (!promised) co_return to_reply(promised.error());
  co_return co_await show_run(call.service, *promised, 201);
}

asio::awaitable<Reply> show_run(std::shared_ptr<Service> service, RunId run_id, unsigned status) {
  auto run = co_await service->runs().get(run_id);
  if (!run) co_return to_reply(to_api_error(run.error()));
  Reply reply = json_reply(status, boost::json::serialize(cli::json_of(*run)));
  if (status == 201) reply.fields.add("Location", "/v1/runs/" + run_id.str());
  co_return reply;
}

std::string asker_of(const Principal& principal, const std::string& key) {
  return key.empty() ? principal.name : principal.name + ", key " + key;
}

Parameter idempotency_key_parameter() {
  return {.place = Parameter::Place::field,
          .name = "Idempotency-Key",
          .summary = "A request that comes again under its key makes no other run",
          .least = 1,
          .most = 255};
}

AnswerRule run_answer(unsigned status, std::string_view summary) {
  return {.status = status,
          .summary = summary,
          .schema = R"json({"$ref": "#/components/schemas/Run"})json",
          .example = R"json({
  "run_id": "run_01K5D0000000000000000000AB", "session_id": "ses_01K5D0000000000000000000AB", "kind": "live",
  "status": "completed", "held": false, "model": "scripted/demo.json", "input_preview": "Say hello",
  "started_at": "2026-11-22T14:45:56.123456Z", "last_event_at": "2026-11-22T14:45:57.023456Z", "events": 12,
  "bytes": 4096, "finish_reason": "stop", "error_code": null,
  "usage": {"input": 12, "cached_input": 0, "cache_write": null, "output": 9, "reasoning": null, "total": 21,
            "unpriced": []},
  "cost_micro_usd": null, "total_us": 900000, "damaged": false, "erased": false, "imported": false})json"};
}

}  // namespace orchestrator::daemon

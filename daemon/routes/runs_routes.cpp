// SPDX-License-Identifier: Apache-2.0
// Runs: making, finding and showing them.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <string>
#include <utility>

#include "cli/display/run_json.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/runs/run_order.hpp"
#include "daemon/service.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using harness::Result;
using harness::RunId;

constexpr std::string_view kRunSchema = R"json({"$ref": "#/components/schemas/Run"})json";
constexpr std::string_view kRunExample = R"json({
  "run_id": "run_01K5D0000000000000000000AB", "session_id": "ses_01K5D0000000000000000000AB", "kind": "live",
  "status": "completed", "held": false, "model": "scripted/demo.json", "input_preview": "Say hello",
  "started_at": "2026-11-22T14:45:56.123456Z", "last_event_at": "2026-11-22T14:45:57.023456Z", "events": 12,
  "bytes": 4096, "finish_reason": "stop", "error_code": null,
  "usage": {"input": 12, "cached_input": 0, "cache_write": null, "output": 9, "reasoning": null, "total": 21,
            "unpriced": []},
  "cost_micro_usd": null, "total_us": 900000, "damaged": false})json";

constexpr std::string_view kOrderSchema = R"json({
  "type": "object", "additionalProperties": false, "required": ["input"],
  "properties": {
    "input": {"type": "string", "minLength": 1, "description": "The user's message"},
    "session_id": {"type": "string", "pattern": "^ses_[0-9A-Za-z]{26}$", "description": "Absent: a new session"},
    "model": {"type": "string", "minLength": 3, "maxLength": 512, "description": "PROVIDER/MODEL"},
    "fallbacks": {"type": "array", "maxItems": 16, "items": {"type": "string", "minLength": 3, "maxLength": 512}},
    "system": {"type": "string", "maxLength": 262144},
    "hints": {"type": "array", "maxItems": 16, "items": {"type": "string", "minLength": 1, "maxLength": 65536}},
    "settings": {"type": "object", "maxProperties": 64,
                 "additionalProperties": {"type": ["string", "number", "boolean"]},
                 "description": "temperature, top_p, stop, seed, max_output_tokens, reasoning, ..."},
    "budgets": {"type": "object", "additionalProperties": false, "properties": {
      "cost_micro_usd": {"type": "integer", "minimum": 0, "maximum": 9007199254740991},
      "tokens": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
      "turns": {"type": "integer", "minimum": 1, "maximum": 1000},
      "allow_unpriced": {"type": "boolean"}}},
    "timeout_ms": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
    "tools": {"type": "array", "maxItems": 128, "items": {"type": "string", "minLength": 1, "maxLength": 128}},
    "workspace": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "An absolute path"},
    "approve": {"enum": ["never", "ask", "always"]},
    "labels": {"type": "object", "maxProperties": 64, "propertyNames": {"minLength": 1, "maxLength": 64},
               "additionalProperties": {"type": "string", "maxLength": 512}},
    "remember": {"type": "boolean"},
    "only_if_idle": {"type": "boolean", "description": "Refuse where the session has a run under way"}}
})json";

asio::awaitable<Reply> run_reply(std::shared_ptr<Service> service, RunId run_id, unsigned status) {
  auto run = co_await service->runs().get(run_id);
  if (!run) co_return to_reply(to_api_error(run.error()));
  Reply reply = json_reply(status, json::serialize(cli::json_of(*run)));
  if (status == 201) reply.fields.add("Location", "/v1/runs/" + run_id.str());
  co_return reply;
}

asio::awaitable<Result<RunId>> start_run(std::shared_ptr<Service> service, RunOrder order, std::string traceparent) {
  Result<harness::Session> session = service->sessions().make();
  if (order.session_id) {
    session = co_await service->sessions().open(*order.session_id);
  }
  if (!session) co_return std::unexpected(std::move(session.error()));
  harness::RunBuilder builder = cli::build_run(order.request, *session, std::move(order.input));
  builder.only_if_idle(order.only_if_idle);
  if (!traceparent.empty()) builder.traceparent(std::move(traceparent));
  auto run = co_await builder.async_start();
  if (!run) co_return std::unexpected(std::move(run.error()));
  // The first event is shown once it would survive power loss: only then is the run promised.
  auto first = co_await run->next();
  if (!first) co_return std::unexpected(std::move(first.error()));
  co_return run->id();
}

/// The run that a daemon made under this key before it died, if it came so far.
asio::awaitable<Result<std::optional<RunId>>> find_labelled(std::shared_ptr<Service> service, std::string label,
                                                            harness::WallTime from) {
  constexpr std::uint32_t kPage = 200;
  constexpr std::int64_t kClockSlackUs = 60'000'000;
  harness::RunQuery query;
  query.started_from = harness::WallTime{from.unix_us - kClockSlackUs};
  query.where.limit = kPage;
  for (;;) {
    auto page = co_await service->runs().list(query);
    if (!page) co_return std::unexpected(std::move(page.error()));
    for (const harness::RunSummary& run : *page) {
      auto handle = co_await service->harness().async_open_run(run.run_id);
      if (!handle) continue;
      auto first = co_await handle->next();
      if (!first || !*first) continue;
      const auto* started = (*first)->get_if<harness::StreamEvent::RunStarted>();
      if (started == nullptr) continue;
      for (const auto& [key, value] : started->labels) {
        if (key == IdempotencyKeys::kLabel && value == label) co_return run.run_id;
      }
    }
    if (page->size() < kPage) co_return std::optional<RunId>();
    query.where.before = page->back().run_id;
  }
}

Reply key_refused(std::string code, std::string message) {
  return to_reply({.status = 409, .code = std::move(code), .message = std::move(message), .at = "Idempotency-Key"});
}

asio::awaitable<Reply> start_once(Call call, RunOrder order, std::string key) {
  auto service = call.service;
  IdempotencyKeys& keys = service->keys();
  if (keys.is_busy(key)) {
    co_return key_refused("idempotency_key_busy", "a request under this key is under way; ask again");
  }
  const IdempotencyKeys::Busy busy(keys, key);
  auto claim = co_await keys.claim(key, call.body_text);
  if (!claim) co_return to_reply(to_api_error(claim.error()));
  if (claim->state == KeyClaim::State::mismatch) {
    co_return key_refused("idempotency_mismatch", "this key came with another body before");
  }
  std::optional<RunId> run_id = claim->run_id;
  if (claim->state == KeyClaim::State::unsettled) {
    auto found = co_await find_labelled(service, keys.label_of(key), claim->claimed_at);
    if (!found) co_return to_reply(to_api_error(found.error()));
    run_id = *found;
  }
  if (!run_id) {
    order.request.labels.emplace_back(IdempotencyKeys::kLabel, keys.label_of(key));
    auto started =
        co_await start_run(service, std::move(order), std::string(call.head.fields.find("traceparent").value_or("")));
    if (!started) {
      co_await keys.forget(key);
      co_return to_reply(to_api_error(started.error()));
    }
    run_id = *started;
  }
  if (claim->state != KeyClaim::State::settled) {
    auto settled = co_await keys.settle(key, *run_id);
    // Not noted, it would be found by its label.
    static_cast<void>(settled);
  }
  Reply reply = co_await run_reply(service, *run_id, 201);
  if (reply.status == 404) {
    co_return to_reply(
        {.status = 410, .code = "run_deleted", .message = "the run of this key was deleted", .at = run_id->str()});
  }
  co_return reply;
}

asio::awaitable<Reply> create_run(Call call) {
  auto order = read_run_order(call.body, call.service->defaults());
  if (!order) co_return to_reply(to_api_error(order.error()));
  if (auto key = call.arguments.text("Idempotency-Key"); key) {
    co_return co_await start_once(std::move(call), *std::move(order), *std::move(key));
  }
  auto service = call.service;
  auto started =
      co_await start_run(service, *std::move(order), std::string(call.head.fields.find("traceparent").value_or("")));
  if (!started) co_return to_reply(to_api_error(started.error()));
  co_return co_await run_reply(service, *started, 201);
}

std::optional<harness::RunStatus> status_of_word(std::string_view word) {
  if (word == "active") return harness::RunStatus::active;
  if (word == "completed") return harness::RunStatus::completed;
  if (word == "failed") return harness::RunStatus::failed;
  if (word == "aborted") return harness::RunStatus::aborted;
  return std::nullopt;
}

std::optional<harness::RunKind> kind_of_word(std::string_view word) {
  if (word == "live") return harness::RunKind::live;
  if (word == "replay") return harness::RunKind::replay;
  if (word == "fork") return harness::RunKind::fork;
  if (word == "undo") return harness::RunKind::undo;
  return std::nullopt;
}

harness::RunQuery query_of(const Arguments& arguments) {
  constexpr std::uint32_t kLimitDefault = 50;
  harness::RunQuery query;
  query.where.limit = static_cast<std::uint32_t>(arguments.number("limit").value_or(kLimitDefault));
  if (const auto cursor = arguments.text("cursor"); cursor) query.where.before = RunId::parse(*cursor);
  if (const auto session = arguments.text("session"); session)
    query.where.session_id = harness::SessionId::parse(*session);
  if (const auto status = arguments.text("status"); status) query.where.status = status_of_word(*status);
  if (const auto kind = arguments.text("kind"); kind) query.kind = kind_of_word(*kind);
  query.model = arguments.text("model").value_or("");
  query.started_from = arguments.time("since");
  query.started_before = arguments.time("until");
  query.cost_min_micro_usd = arguments.number("min_cost");
  return query;
}

asio::awaitable<Reply> list_runs(Call call) {
  harness::RunQuery query = query_of(call.arguments);
  const std::size_t limit = query.where.limit;
  Result<std::vector<harness::RunSummary>> runs;
  if (const auto text = call.arguments.text("text"); text) {
    auto matches = co_await call.service->runs().search(*text, std::move(query));
    if (!matches) co_return to_reply(to_api_error(matches.error()));
    for (harness::RunMatch& match : *matches) runs->push_back(std::move(match.run));
  } else {
    runs = co_await call.service->runs().list(std::move(query));
  }
  if (!runs) co_return to_reply(to_api_error(runs.error()));
  json::array found;
  for (const harness::RunSummary& run : *runs) found.emplace_back(cli::json_of(run));
  json::object page;
  page["runs"] = std::move(found);
  const bool may_go_on = runs->size() == limit;
  page["next_cursor"] = may_go_on ? json::value(runs->back().run_id.str()) : json::value(nullptr);
  co_return json_reply(200, json::serialize(page));
}

asio::awaitable<Reply> get_run(Call call) {
  const RunId run_id = call.arguments.run_id();
  co_return co_await run_reply(call.service, run_id, 200);
}

std::vector<Parameter> list_parameters() {
  using Kind = Parameter::Kind;
  return {
      limit_parameter(1'000),
      cursor_parameter(),
      {.name = "status",
       .summary = "Where it stands",
       .kind = Kind::choice,
       .choices = "active completed failed aborted"},
      {.name = "kind", .summary = "What it is", .kind = Kind::choice, .choices = "live replay fork undo"},
      {.name = "model", .summary = "Occurs in the name of its model", .least = 1},
      {.name = "session", .summary = "Its session", .kind = Kind::session_id},
      {.name = "text", .summary = "Words that its input or output holds", .least = 1},
      {.name = "since", .summary = "Started at this time or later", .kind = Kind::time},
      {.name = "until", .summary = "Started before this time", .kind = Kind::time},
      {.name = "min_cost", .summary = "Cost at least so many micro-USD", .kind = Kind::number, .most = 1ULL << 53},
  };
}

}  // namespace

std::vector<Route> runs_routes() {
  const Parameter key{.place = Parameter::Place::field,
                      .name = "Idempotency-Key",
                      .summary = "A request that comes again under its key makes no other run",
                      .least = 1,
                      .most = 255};
  return {
      {.method = Method::post,
       .pattern = "/v1/runs",
       .id = "createRun",
       .summary = "Start a run",
       .role = Role::run,
       .parameters = {key},
       .body = BodyRule{.schema = kOrderSchema,
                        .example = R"json({"input": "Say hello", "model": "scripted/demo.json"})json"},
       .answers =
           {{.status = 201, .summary = "The run, accepted and durable", .schema = kRunSchema, .example = kRunExample}},
       .handler = create_run},
      {.method = Method::get,
       .pattern = "/v1/runs",
       .id = "listRuns",
       .summary = "Runs, newest first",
       .role = Role::read,
       .parameters = list_parameters(),
       .answers = {{.summary = "A page of runs",
                    .schema =
                        R"json({"type": "object", "additionalProperties": false, "required": ["runs", "next_cursor"],
                      "properties": {"runs": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}},
                                     "next_cursor": {"type": ["string", "null"]}}})json",
                    .example = R"json({"runs": [], "next_cursor": null})json"}},
       .handler = list_runs},
      {.method = Method::get,
       .pattern = "/v1/runs/{run_id}",
       .id = "getRun",
       .summary = "One run",
       .role = Role::read,
       .parameters = {run_id_parameter()},
       .answers = {{.summary = "The run", .schema = kRunSchema, .example = kRunExample}},
       .handler = get_run},
  };
}

}  // namespace orchestrator::daemon

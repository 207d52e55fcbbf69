// SPDX-License-Identifier: Apache-2.0
// Runs: making, finding and showing them.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/display/run_json.hpp"
#include "daemon/routes/made_run.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/runs/run_order.hpp"
#include "daemon/service.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using harness::Result;
using harness::RunId;

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

/// A new run of a session.
class NewRun final : public RunStart {
 public:
  NewRun(std::shared_ptr<Service> service, RunOrder order, std::string traceparent)
      : service_(std::move(service)), order_(std::move(order)), traceparent_(std::move(traceparent)) {}

  asio::awaitable<std::expected<harness::RunHandle, ApiError>> start(std::string key) override {
    if (!key.empty()) order_.request.labels.emplace_back(IdempotencyKeys::kLabel, std::move(key));
    Result<harness::Session> session =
        order_.session_id ? co_await service_->sessions().open(*order_.session_id) : service_->sessions().make();
    if (!session) co_return std::unexpected(to_api_error(session.error()));
    harness::RunBuilder builder = cli::build_run(order_.request, *session, std::move(order_.input));
    builder.only_if_idle(order_.only_if_idle);
    if (!traceparent_.empty()) builder.traceparent(std::move(traceparent_));
    auto run = co_await builder.async_start();
    if (!run) co_return std::unexpected(to_api_error(run.error()));
    co_return *std::move(run);
  }
  [[nodiscard]] std::pair<std::string, std::string> label_of(const std::string& key) const override {
    return {IdempotencyKeys::kLabel, key};
  }
  [[nodiscard]] std::string scope() const override { return {}; }

 private:
  std::shared_ptr<Service> service_;
  RunOrder order_;
  std::string traceparent_;
};

asio::awaitable<Reply> create_run(Call call) {
  auto order = read_run_order(call.body, call.service->defaults());
  if (!order) co_return to_reply(to_api_error(order.error()));
  auto start = std::make_shared<NewRun>(call.service, *std::move(order),
                                        std::string(call.head.fields.find("traceparent").value_or("")));
  co_return co_await make_run(std::move(call), std::move(start));
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

asio::awaitable<Reply> search_runs(Call call) {
  harness::RunQuery query = query_of(call.arguments);
  const std::size_t limit = query.where.limit;
  const auto text = call.arguments.text("q");
  if (!text) {
    co_return to_reply({.code = "parameter_missing", .message = "q says which words to look for", .at = "q"});
  }
  const auto matches = co_await call.service->runs().search(*text, std::move(query));
  if (!matches) co_return to_reply(to_api_error(matches.error()));
  json::array found;
  for (const harness::RunMatch& match : *matches) found.emplace_back(cli::json_of(match));
  json::object page;
  page["matches"] = std::move(found);
  const bool may_go_on = matches->size() == limit;
  page["next_cursor"] = may_go_on ? json::value(matches->back().run.run_id.str()) : json::value(nullptr);
  co_return json_reply(200, json::serialize(page));
}

asio::awaitable<Reply> get_run(Call call) {
  const RunId run_id = call.arguments.run_id();
  co_return co_await show_run(call.service, run_id, 200);
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

Route search_route() {
  std::vector<Parameter> parameters = list_parameters();
  std::erase_if(parameters, [](const Parameter& one) { return one.name == "text"; });
  parameters.push_back({.name = "q", .summary = "Words that its input or output holds, each of them", .least = 1});
  return {.method = Method::get,
          .pattern = "/v1/search",
          .id = "searchRuns",
          .summary = "Runs that hold words, newest first, with the text around",
          .role = Role::read,
          .parameters = std::move(parameters),
          .answers = {{.summary = "A page of runs",
                       .schema = R"json({"type": "object", "additionalProperties": false,
                         "required": ["matches", "next_cursor"], "properties": {
                           "matches": {"type": "array", "items": {"allOf": [
                             {"$ref": "#/components/schemas/Run"},
                             {"type": "object", "required": ["found_in", "excerpt"],
                              "properties": {"found_in": {"enum": ["input", "output"]},
                                             "excerpt": {"type": "string"}}}]}},
                           "next_cursor": {"type": ["string", "null"]}}})json",
                       .example = R"json({"matches": [], "next_cursor": null})json"}},
          .handler = search_runs};
}

}  // namespace

std::vector<Route> runs_routes() {
  return {
      {.method = Method::post,
       .pattern = "/v1/runs",
       .id = "createRun",
       .summary = "Start a run",
       .role = Role::run,
       .parameters = {idempotency_key_parameter()},
       .body = BodyRule{.schema = kOrderSchema,
                        .example = R"json({"input": "Say hello", "model": "scripted/demo.json"})json"},
       .answers = {run_answer(201, "The run, accepted and durable")},
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
       .answers = {run_answer(200, "The run")},
       .handler = get_run},
      search_route(),
  };
}

}  // namespace orchestrator::daemon

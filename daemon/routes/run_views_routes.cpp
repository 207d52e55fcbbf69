// SPDX-License-Identifier: Apache-2.0
// What is told of runs beside their events: the tree of a run, its calls, a request's context, two runs side by side,
// and contents. All of it is read and written down away from the daemon's thread.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <functional>
#include <string>
#include <utility>

#include "cli/display/context_json.hpp"
#include "cli/display/run_diff_text.hpp"
#include "cli/display/timeline_text.hpp"
#include "cli/store/run_outlines.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "journal/run_verification.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using cli::StoreReader;
using harness::fail;
using harness::Hash;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;
using StorePtr = std::shared_ptr<harness::JournalStore>;

constexpr std::uint64_t kEventsMax = 1'000'000;  // of a run that is shown as a whole
constexpr std::size_t kAnswerBytes = 32UL << 20;

Result<void> check_length(StoreReader& store, const RunId& run_id) {
  const auto run = store.summary(run_id);
  if (!run) return std::unexpected(run.error());
  if (run->events <= kEventsMax) return {};
  return fail(RuntimeErrorCode::limit_exceeded, "the run has more than 1,000,000 events; page through them",
              run_id.str());
}

Result<std::string> bounded(std::string text) {
  if (text.size() <= kAnswerBytes) return text;
  return fail(RuntimeErrorCode::limit_exceeded, "the answer would have more than 32 MiB; page through the events");
}

/// Work on a store, done elsewhere, as the answer.
asio::awaitable<Reply> answer_with(Call call, std::function<Result<std::string>(StoreReader&)> work) {
  const auto store = call.service->harness().store();
  std::function<Result<std::string>()> blocking = [store, work = std::move(work)] {
    StoreReader reader(store);
    return work(reader);
  };
  auto working = call.service->store_work().run_blocking(std::move(blocking));
  auto text = co_await std::move(working);
  if (text) co_return json_reply(200, *std::move(text));
  co_return to_reply(to_api_error(text.error()));
}

Result<std::string> trace_text(StoreReader& store, const RunId& run_id) {
  if (auto checked = check_length(store, run_id); !checked) return std::unexpected(std::move(checked.error()));
  const auto run = cli::read_good_outline(store, run_id);
  if (!run) return std::unexpected(run.error());
  return bounded(json::serialize(cli::timeline_json(run->outline)));
}

Result<std::string> tools_text(StoreReader& store, const RunId& run_id) {
  if (auto checked = check_length(store, run_id); !checked) return std::unexpected(std::move(checked.error()));
  const auto run = cli::read_good_outline(store, run_id);
  if (!run) return std::unexpected(run.error());
  json::object answer;
  answer["calls"] = cli::tool_calls_json(run->outline);
  return bounded(json::serialize(answer));
}

Result<std::string> context_text(StoreReader& store, const RunId& run_id, std::uint32_t turn) {
  if (auto checked = check_length(store, run_id); !checked) return std::unexpected(std::move(checked.error()));
  const auto manifest = store.context(run_id, turn);
  if (!manifest) return std::unexpected(manifest.error());
  return bounded(json::serialize(cli::json_of(*manifest)));
}

Result<std::string> diff_text(StoreReader& store, const RunId& run_id, const RunId& with) {
  for (const RunId& one : {run_id, with}) {
    if (auto checked = check_length(store, one); !checked) return std::unexpected(std::move(checked.error()));
  }
  const auto a = cli::read_outline(store, run_id);
  if (!a) return std::unexpected(a.error());
  const auto b = cli::read_outline(store, with);
  if (!b) return std::unexpected(b.error());
  return bounded(json::serialize(cli::run_diff_json(*a, *b, harness::event::compare(*a, *b))));
}

asio::awaitable<Reply> get_trace(Call call) {
  const RunId run_id = call.arguments.run_id();
  std::function<Result<std::string>(StoreReader&)> work = [run_id](StoreReader& store) {
    return trace_text(store, run_id);
  };
  co_return co_await answer_with(std::move(call), std::move(work));
}

asio::awaitable<Reply> get_tools(Call call) {
  const RunId run_id = call.arguments.run_id();
  std::function<Result<std::string>(StoreReader&)> work = [run_id](StoreReader& store) {
    return tools_text(store, run_id);
  };
  co_return co_await answer_with(std::move(call), std::move(work));
}

asio::awaitable<Reply> get_context(Call call) {
  const RunId run_id = call.arguments.run_id();
  const auto turn = static_cast<std::uint32_t>(call.arguments.number("turn").value_or(0));
  std::function<Result<std::string>(StoreReader&)> work = [run_id, turn](StoreReader& store) {
    return context_text(store, run_id, turn);
  };
  co_return co_await answer_with(std::move(call), std::move(work));
}

ApiError parameter_missing(const std::string& name, const std::string& what) {
  return {.code = "parameter_missing", .message = name + " says " + what, .at = name};
}

asio::awaitable<Reply> get_diff(Call call) {
  const RunId run_id = call.arguments.run_id();
  const auto with = RunId::parse(call.arguments.text("with").value_or(""));
  if (!with) co_return to_reply(parameter_missing("with", "which run to compare with"));
  std::function<Result<std::string>(StoreReader&)> work = [run_id, with = *with](StoreReader& store) {
    return diff_text(store, run_id, with);
  };
  co_return co_await answer_with(std::move(call), std::move(work));
}

/// The content, where an event of the run refers to it: its hash in a text gives nobody anything.
asio::awaitable<Result<std::string>> read_content(StorePtr store, RunId run_id, Hash hash) {
  harness::journal::RunCheck check(run_id);
  const Result<void> read = co_await harness::journal::check_lines(store, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  if (!check.contents().contains(hash)) {
    co_return fail(RuntimeErrorCode::run_not_found, "no event of the run refers to this content", "hash");
  }
  const auto content = co_await store->blob(hash);
  if (!content) co_return std::unexpected(content.error());
  co_return std::string(content->view());
}

asio::awaitable<Reply> get_blob(Call call) {
  const auto store = call.service->harness().store();
  const auto hash = Hash::parse(call.arguments.text("hash").value_or(""));
  if (!hash) co_return to_reply({.code = "invalid_id", .message = "hash is 64 hexadecimal digits", .at = "hash"});
  const auto run = RunId::parse(call.arguments.text("run").value_or(""));
  if (!run) co_return to_reply(parameter_missing("run", "which run refers to the content"));
  const auto known = co_await call.service->runs().get(*run);
  if (!known) co_return to_reply(to_api_error(known.error()));
  std::function<asio::awaitable<Result<std::string>>()> work = [store, run_id = *run, hash = *hash] {
    return read_content(store, run_id, hash);
  };
  auto working = call.service->store_work().run(std::move(work));
  auto content = co_await std::move(working);
  if (content) co_return text_reply(200, "application/octet-stream", *std::move(content));
  ApiError refused = to_api_error(content.error());
  if (refused.status == 404) refused.code = "blob_not_found";
  co_return to_reply(refused);
}

Route view(std::string_view pattern, std::string_view id, std::string_view summary, Handler handler) {
  return {.method = Method::get,
          .pattern = pattern,
          .id = id,
          .summary = summary,
          .role = Role::read,
          .parameters = {run_id_parameter()},
          .handler = handler};
}

}  // namespace

std::vector<Route> run_views_routes() {
  using Kind = Parameter::Kind;
  Route trace = view("/v1/runs/{run_id}/trace", "getRunTrace",
                     "The tree of a run: its turns, attempts and calls in time", get_trace);
  trace.answers = {{.summary = "The tree, times in microseconds on the run's clock",
                    .schema = R"json({"type": "object",
                      "required": ["run_id", "kind", "ended", "reason", "total_us", "cost_micro_usd", "turns", "pauses"],
                      "properties": {"turns": {"type": "array", "items": {"type": "object",
                        "required": ["turn", "attempts", "retry_waits", "calls"]}}}})json",
                    .example = R"json({"run_id": "run_01K5D0000000000000000000AB", "kind": "live", "ended": null,
                      "reason": "", "total_us": 0, "cost_micro_usd": null, "turns": [], "pauses": []})json"}};
  Route tools = view("/v1/runs/{run_id}/tools", "getRunTools", "The calls of tools of a run", get_tools);
  tools.answers = {{.summary = "The calls in order, with arguments and results",
                    .schema = R"json({"type": "object", "additionalProperties": false, "required": ["calls"],
                      "properties": {"calls": {"type": "array", "items": {"type": "object",
                        "required": ["turn", "seq", "call_id", "tool", "from_us", "to_us", "runs", "waits", "outcome",
                                     "error", "told", "arguments", "result"]}}}})json",
                    .example = R"json({"calls": []})json"}};
  Route context =
      view("/v1/runs/{run_id}/context", "getRunContext", "What a request of a run held, item by item", get_context);
  context.parameters.push_back({.name = "turn",
                                .summary = "The turn of the request; absent: the last one",
                                .kind = Kind::number,
                                .least = 1,
                                .most = 1'000'000});
  context.answers = {{.summary = "The items, and what had gone before",
                      .schema = R"json({"type": "object", "additionalProperties": false,
                        "required": ["turn", "tokens_estimate", "tokens_budget", "context_hash", "request_tokens",
                                     "items", "gone"],
                        "properties": {"turn": {"type": "integer"}, "tokens_estimate": {"type": "integer"},
                          "tokens_budget": {"type": ["integer", "null"]}, "context_hash": {"type": "string"},
                          "request_tokens": {"type": "object"}, "items": {"type": "array"},
                          "gone": {"type": "array"}}})json",
                      .example = R"json({"turn": 1, "tokens_estimate": 3, "tokens_budget": null, "context_hash": "00",
                        "request_tokens": {"estimate": 3, "counted": null, "is_exact": false, "reported": 3},
                        "items": [], "gone": []})json"}};
  Route diff = view("/v1/runs/{run_id}/diff", "diffRuns", "Two runs side by side, step by step", get_diff);
  diff.parameters.push_back({.name = "with", .summary = "The run to compare with", .kind = Kind::run_id});
  diff.answers = {{.summary = "The steps in the order of both",
                   .schema = R"json({"type": "object", "additionalProperties": false,
                     "required": ["a", "b", "first_divergence", "steps"],
                     "properties": {"a": {"type": "object"}, "b": {"type": "object"},
                       "first_divergence": {"type": ["integer", "null"]},
                       "steps": {"type": "array", "items": {"type": "object",
                         "required": ["kind", "turn", "name", "diverges", "a", "b", "differences"]}}}})json",
                   .example = R"json({"a": {}, "b": {}, "first_divergence": null, "steps": []})json"}};
  Route blob = view("/v1/blobs/{hash}", "getBlob", "A content that an event of a run refers to", get_blob);
  blob.parameters = {
      {.place = Parameter::Place::path, .name = "hash", .summary = "Its SHA-256", .least = 64, .most = 64},
      {.name = "run", .summary = "A run that refers to it", .kind = Kind::run_id}};
  blob.answers = {
      {.summary = "Its bytes", .media_type = "application/octet-stream", .example = "the bytes as they are"}};
  return {std::move(trace), std::move(tools), std::move(context), std::move(diff), std::move(blob)};
}

}  // namespace orchestrator::daemon

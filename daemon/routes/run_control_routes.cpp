// SPDX-License-Identifier: Apache-2.0
// Steering runs: those of this daemon, and those that no process holds.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

#include "daemon/routes/made_run.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/runs/fork_order.hpp"
#include "daemon/service.hpp"
#include "event/timestamp.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using harness::Result;
using harness::RunId;

const json::object& body_of(const Call& call) {
  static const json::object kNone;
  const json::object* body = call.body.if_object();
  return body == nullptr ? kNone : *body;
}

std::optional<std::uint32_t> expected_turn_of(const json::object& body) {
  const auto* turn = body.if_contains("expected_turn");
  return turn == nullptr ? std::nullopt : std::optional(turn->to_number<std::uint32_t>());
}

bool is_code(const harness::Error& error, harness::RuntimeErrorCode code) {
  return error.code == harness::name_of(code);
}

/// A command's result as an answer: the run, as it is then.
asio::awaitable<Reply> finish(Call call, Result<void> done) {
  if (!done) co_return to_reply(to_api_error(done.error()));
  const RunId run_id = call.arguments.run_id();
  co_return co_await show_run(call.service, run_id, 200);
}

asio::awaitable<Reply> abort_run(Call call) {
  const RunId run_id = call.arguments.run_id();
  auto run = co_await call.service->harness().async_open_run(run_id);
  if (!run) co_return to_reply(to_api_error(run.error()));
  harness::AbortOptions options;
  const auto* mode = body_of(call).if_contains("mode");
  if (mode != nullptr && mode->as_string() == "after_turn") options.mode = harness::AbortMode::after_turn;
  options.by = call.principal.name;
  options.expected_turn = expected_turn_of(body_of(call));
  const bool is_held = !run->session_id().is_zero();
  Result<void> done;
  if (is_held) {
    done = co_await run->control().async_abort(std::move(options));
  } else {
    done = co_await call.service->harness().async_abort_orphan(run_id, call.principal.name);
    // One that has ended already is as aborted as it can be.
    if (!done && is_code(done.error(), harness::RuntimeErrorCode::run_not_active)) done = {};
  }
  co_return co_await finish(std::move(call), std::move(done));
}

asio::awaitable<Reply> add_hint(Call call) {
  auto run = co_await call.service->harness().async_open_run(call.arguments.run_id());
  if (!run) co_return to_reply(to_api_error(run.error()));
  const json::object& body = body_of(call);
  harness::HintOptions options;
  const auto* priority = body.if_contains("priority");
  if (priority != nullptr && priority->as_string() == "after_turn")
    options.priority = harness::HintPriority::after_turn;
  options.by = call.principal.name;
  if (const auto* expiry = body.if_contains("expires_after_ms"))
    options.expires_after_ms = expiry->to_number<std::uint64_t>();
  options.expected_turn = expected_turn_of(body);
  std::string text(body.at("text").as_string());
  auto hint = co_await run->control().async_hint(std::move(text), std::move(options));
  if (!hint) co_return to_reply(to_api_error(hint.error()));
  const json::object answer{{"hint_id", hint->str()}};
  co_return json_reply(201, json::serialize(answer));
}

asio::awaitable<Reply> pause_run(Call call) {
  auto run = co_await call.service->harness().async_open_run(call.arguments.run_id());
  if (!run) co_return to_reply(to_api_error(run.error()));
  auto done = co_await run->control().async_pause(call.principal.name);
  co_return co_await finish(std::move(call), std::move(done));
}

/// A paused run goes on; one that no process holds is taken over.
asio::awaitable<Reply> resume_run(Call call) {
  const RunId run_id = call.arguments.run_id();
  harness::Harness& harness = call.service->harness();
  auto run = co_await harness.async_open_run(run_id);
  if (!run) co_return to_reply(to_api_error(run.error()));
  Result<void> done;
  if (!run->session_id().is_zero()) {
    done = co_await run->control().async_resume(call.principal.name);
  } else {
    harness::ResumeOptions options;
    options.by = call.principal.name;
    options.trust_imported = trusts_imported(body_of(call));
    auto resumed = co_await harness.async_resume_run(run_id, std::move(options));
    if (resumed) {
      call.service->feeds().restart(run_id);
    } else {
      done = std::unexpected(std::move(resumed.error()));
    }
  }
  co_return co_await finish(std::move(call), std::move(done));
}

json::object json_of(const harness::Checkpoint& checkpoint) {
  std::string at;
  harness::event::append_rfc3339(at, checkpoint.at);
  return {{"label", checkpoint.label}, {"by", checkpoint.by}, {"seq", checkpoint.seq}, {"at", at}};
}

asio::awaitable<Reply> list_checkpoints(Call call) {
  auto checkpoints = co_await call.service->checkpoints().list(call.arguments.run_id());
  if (!checkpoints) co_return to_reply(to_api_error(checkpoints.error()));
  json::array found;
  for (const harness::Checkpoint& checkpoint : *checkpoints) found.emplace_back(json_of(checkpoint));
  json::object page;
  page["checkpoints"] = std::move(found);
  co_return json_reply(200, json::serialize(page));
}

asio::awaitable<Reply> create_checkpoint(Call call) {
  auto run = co_await call.service->harness().async_open_run(call.arguments.run_id());
  if (!run) co_return to_reply(to_api_error(run.error()));
  std::string label(body_of(call).at("label").as_string());
  auto done = co_await run->control().async_checkpoint(label, call.principal.name);
  if (!done) co_return to_reply(to_api_error(done.error()));
  const json::object answer{{"label", label}};
  co_return json_reply(201, json::serialize(answer));
}

asio::awaitable<Reply> answer_interrupt(Call call) {
  const RunId run_id = call.arguments.run_id();
  auto run = co_await call.service->harness().async_open_run(run_id);
  if (!run) co_return to_reply(to_api_error(run.error()));
  const json::object& body = body_of(call);
  harness::InterruptAnswer answer;
  answer.interrupt_id = call.arguments.interrupt_id();
  const auto& decision = body.at("decision").as_string();
  if (decision == "allow_once") answer.decision = harness::InterruptDecision::allow_once;
  if (decision == "allow_run") answer.decision = harness::InterruptDecision::allow_run;
  answer.by = call.principal.name;
  if (const auto* reason = body.if_contains("reason")) answer.reason = std::string(reason->as_string());
  Result<void> done;
  if (!run->session_id().is_zero()) {
    done = co_await run->control().async_resolve(std::move(answer));
  } else {
    done = co_await call.service->harness().async_answer_orphan(run_id, std::move(answer));
  }
  co_return co_await finish(std::move(call), std::move(done));
}

Route control(std::string_view pattern, std::string_view id, std::string_view summary, Handler handler) {
  return {.method = Method::post,
          .pattern = pattern,
          .id = id,
          .summary = summary,
          .role = Role::run,
          .parameters = {run_id_parameter()},
          .body = BodyRule{.schema = R"json({"type": "object", "additionalProperties": false})json",
                           .example = "{}",
                           .bytes_max = 1'024,
                           .required = false},
          .answers = {run_answer(200, "The run, as it is now")},
          .handler = handler};
}

Route interrupt_route() {
  return {.method = Method::post,
          .pattern = "/v1/runs/{run_id}/interrupts/{interrupt_id}",
          .id = "answerInterrupt",
          .summary = "Answer an open question of a run",
          .role = Role::approve,
          .parameters = {run_id_parameter(),
                         {.place = Parameter::Place::path,
                          .name = "interrupt_id",
                          .summary = "The question",
                          .kind = Parameter::Kind::interrupt_id}},
          .body = BodyRule{.schema = R"json({"type": "object", "additionalProperties": false, "required": ["decision"],
            "properties": {"decision": {"enum": ["allow_once", "allow_run", "deny"]},
                           "reason": {"type": "string", "maxLength": 4096}}})json",
                           .example = R"json({"decision": "allow_once"})json",
                           .bytes_max = 16UL << 10},
          .answers = {run_answer(200, "The run, as it is now")},
          .handler = answer_interrupt};
}

}  // namespace

std::vector<Route> run_control_routes() {
  Route abort =
      control("/v1/runs/{run_id}/abort", "abortRun", "End a run; one that has ended stays as it is", abort_run);
  abort.body->schema = R"json({"type": "object", "additionalProperties": false, "properties": {
    "mode": {"enum": ["now", "after_turn"]}, "expected_turn": {"type": "integer", "minimum": 1, "maximum": 4294967295}}})json";
  abort.body->example = R"json({"mode": "now"})json";
  Route resume = control("/v1/runs/{run_id}/resume", "resumeRun",
                         "Go on with a run that is paused, or that no process holds", resume_run);
  resume.body->schema = R"json({"type": "object", "additionalProperties": false, "properties": {
    "trust_imported": {"type": "boolean", "description": "Act also where the run came out of a file"}}})json";
  resume.body->example = R"json({"trust_imported": false})json";
  Route hint = control("/v1/runs/{run_id}/hints", "addHint", "Queue a message for the model of a run", add_hint);
  hint.body =
      BodyRule{.schema = R"json({"type": "object", "additionalProperties": false, "required": ["text"], "properties": {
    "text": {"type": "string", "minLength": 1, "maxLength": 65536}, "priority": {"enum": ["asap", "after_turn"]},
    "expires_after_ms": {"type": "integer", "minimum": 1, "maximum": 86400000},
    "expected_turn": {"type": "integer", "minimum": 1, "maximum": 4294967295}}})json",
               .example = R"json({"text": "Be brief"})json",
               .bytes_max = 512UL << 10};
  hint.answers = {{.status = 201,
                   .summary = "The hint, queued",
                   .schema = R"json({"type": "object", "additionalProperties": false, "required": ["hint_id"],
                     "properties": {"hint_id": {"type": "string"}}})json",
                   .example = R"json({"hint_id": "hint_01K5D0000000000000000000AB"})json"}};
  Route checkpoint = control("/v1/runs/{run_id}/checkpoints", "createCheckpoint", "Name the present point of a run",
                             create_checkpoint);
  checkpoint.body = BodyRule{.schema = R"json({"type": "object", "additionalProperties": false, "required": ["label"],
    "properties": {"label": {"type": "string", "minLength": 1, "maxLength": 256}}})json",
                             .example = R"json({"label": "before the change"})json",
                             .bytes_max = 4'096};
  checkpoint.answers = {{.status = 201,
                         .summary = "The checkpoint's label",
                         .schema = R"json({"type": "object", "additionalProperties": false, "required": ["label"],
                           "properties": {"label": {"type": "string"}}})json",
                         .example = R"json({"label": "before the change"})json"}};
  Route checkpoints{
      .method = Method::get,
      .pattern = "/v1/runs/{run_id}/checkpoints",
      .id = "listCheckpoints",
      .summary = "The named points of a run",
      .role = Role::read,
      .parameters = {run_id_parameter()},
      .answers = {{.summary = "The checkpoints, oldest first",
                   .schema = R"json({"type": "object", "additionalProperties": false, "required": ["checkpoints"],
                                   "properties": {"checkpoints": {"type": "array", "items": {
                                     "type": "object", "additionalProperties": false, "required": ["label", "by", "seq", "at"],
                                     "properties": {"label": {"type": "string"}, "by": {"type": "string"},
                                                    "seq": {"type": "integer"}, "at": {"type": "string"}}}}}})json",
                   .example = R"json({"checkpoints": []})json"}},
      .handler = list_checkpoints};
  return {std::move(abort),
          std::move(hint),
          control("/v1/runs/{run_id}/pause", "pauseRun", "Hold a run", pause_run),
          std::move(resume),
          std::move(checkpoints),
          std::move(checkpoint),
          interrupt_route()};
}

}  // namespace orchestrator::daemon

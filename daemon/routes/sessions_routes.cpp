// SPDX-License-Identifier: Apache-2.0
// Sessions: runs that follow one another.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

#include "cli/display/run_json.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "event/timestamp.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view kSessionSchema = R"json({"$ref": "#/components/schemas/Session"})json";
constexpr std::string_view kSessionExample = R"json({
  "session_id": "ses_01K5D0000000000000000000AB", "runs": 0, "active": 0, "bytes": 0, "started_at": null,
  "last_event_at": null, "first_input": ""})json";

json::value time_text(harness::WallTime time) {
  std::string text;
  harness::event::append_rfc3339(text, time);
  return json::value(text);
}

json::object json_of(const harness::SessionSummary& session) {
  return {{"session_id", session.session_id.str()},
          {"runs", session.runs},
          {"active", session.active},
          {"bytes", session.bytes},
          {"started_at", session.runs > 0 ? time_text(session.started_at) : json::value(nullptr)},
          {"last_event_at", session.runs > 0 ? time_text(session.last_event_at) : json::value(nullptr)},
          {"first_input", session.first_input}};
}

harness::SessionSummary summary_of(const harness::SessionId& id, const std::vector<harness::RunSummary>& runs) {
  harness::SessionSummary session;
  session.session_id = id;
  for (const harness::RunSummary& run : runs) {
    session.runs += 1;
    session.active += run.status == harness::RunStatus::active ? 1 : 0;
    session.bytes += run.bytes;
    session.last_event_at = std::max(session.last_event_at, run.last_event_at);
  }
  if (!runs.empty()) {
    session.started_at = runs.back().started_at;
    session.first_input = runs.back().input_preview;
  }
  return session;
}

asio::awaitable<Reply> create_session(Call call) {
  auto session = call.service->sessions().make();
  if (!session) co_return to_reply(to_api_error(session.error()));
  harness::SessionSummary summary;
  summary.session_id = session->id();
  Reply reply = json_reply(201, json::serialize(json_of(summary)));
  reply.fields.add("Location", "/v1/sessions/" + summary.session_id.str());
  co_return reply;
}

asio::awaitable<Reply> list_sessions(Call call) {
  constexpr std::uint64_t kLimitDefault = 50;
  const auto limit = static_cast<std::uint32_t>(call.arguments.number("limit").value_or(kLimitDefault));
  auto sessions = co_await call.service->stored_sessions().list(limit);
  if (!sessions) co_return to_reply(to_api_error(sessions.error()));
  json::array found;
  for (const harness::SessionSummary& session : *sessions) found.emplace_back(json_of(session));
  json::object page;
  page["sessions"] = std::move(found);
  co_return json_reply(200, json::serialize(page));
}

asio::awaitable<Reply> get_session(Call call) {
  const harness::SessionId id = call.arguments.session_id();
  auto runs = co_await call.service->stored_sessions().runs(id);
  const bool is_new = !runs && call.service->sessions().find(id).has_value();
  if (!runs && !is_new) co_return to_reply(to_api_error(runs.error()));
  const auto summary = summary_of(id, runs ? *runs : std::vector<harness::RunSummary>());
  co_return json_reply(200, json::serialize(json_of(summary)));
}

}  // namespace

std::vector<Route> sessions_routes() {
  return {
      {.method = Method::post,
       .pattern = "/v1/sessions",
       .id = "createSession",
       .summary = "Begin a session; it is kept once it has a run",
       .role = Role::run,
       .body = BodyRule{.schema = R"json({"type": "object", "additionalProperties": false})json",
                        .example = "{}",
                        .bytes_max = 1'024,
                        .required = false},
       .answers = {{.status = 201, .summary = "The session", .schema = kSessionSchema, .example = kSessionExample}},
       .handler = create_session},
      {.method = Method::get,
       .pattern = "/v1/sessions",
       .id = "listSessions",
       .summary = "Sessions, in the order of their newest runs",
       .role = Role::read,
       .parameters = {limit_parameter(1'000)},
       .answers = {{.summary = "The sessions",
                    .schema = R"json({"type": "object", "additionalProperties": false, "required": ["sessions"],
                      "properties": {"sessions": {"type": "array", "items": {"$ref": "#/components/schemas/Session"}}}})json",
                    .example = R"json({"sessions": []})json"}},
       .handler = list_sessions},
      {.method = Method::get,
       .pattern = "/v1/sessions/{session_id}",
       .id = "getSession",
       .summary = "One session",
       .role = Role::read,
       .parameters = {{.place = Parameter::Place::path,
                       .name = "session_id",
                       .summary = "The session",
                       .kind = Parameter::Kind::session_id}},
       .answers = {{.summary = "The session", .schema = kSessionSchema, .example = kSessionExample}},
       .handler = get_session},
  };
}

}  // namespace orchestrator::daemon

// SPDX-License-Identifier: Apache-2.0
// Who may use the daemon, and who did what: tokens under a name, and the audit log.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "daemon/access/token_file.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "event/timestamp.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::uint64_t kNumberMax = (1ULL << 53) - 1;

constexpr std::string_view kTokensSchema = R"json({"type": "object", "additionalProperties": false,
  "required": ["tokens"], "properties": {"tokens": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}}}})json";
constexpr std::string_view kNewTokenSchema = R"json({"type": "object", "additionalProperties": false,
  "required": ["name", "role", "created_at", "created_by", "token"],
  "properties": {"name": {"type": "string"}, "role": {"enum": ["read", "run", "approve", "admin"]},
                 "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": "string"},
                 "token": {"type": "string", "pattern": "^orc_[0-9a-f]{64}$"}}})json";
constexpr std::string_view kTokenOrder = R"json({"type": "object", "additionalProperties": false,
  "required": ["name", "role"],
  "properties": {"name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$"},
                 "role": {"enum": ["read", "run", "approve", "admin"]}}})json";
constexpr std::string_view kAuditSchema = R"json({"type": "object", "additionalProperties": false,
  "required": ["entries", "next_cursor"],
  "properties": {
    "entries": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["number", "at", "who", "operation", "target", "status"],
      "properties": {"number": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
                     "who": {"type": "string"}, "operation": {"type": "string"}, "target": {"type": "string"},
                     "status": {"type": "integer"}}}},
    "next_cursor": {"type": ["string", "null"]}}})json";

std::string time_text(harness::WallTime time) {
  std::string text;
  harness::event::append_rfc3339(text, time);
  return text;
}

json::object json_of(const NamedToken& token) {
  return {{"name", token.name},
          {"role", name_of(token.role)},
          {"created_at", time_text(token.created_at)},
          {"created_by", token.created_by}};
}

Role role_of(std::string_view word) {
  for (const Role role : {Role::read, Role::run, Role::approve}) {
    if (word == name_of(role)) return role;
  }
  return Role::admin;
}

std::optional<ApiError> refusal_of(Tokens::Change change, const std::string& name) {
  switch (change) {
    case Tokens::Change::done:
      return std::nullopt;
    case Tokens::Change::name_taken:
      return ApiError{.status = 409,
                      .code = "name_taken",
                      .message = "there is a token of that name; revoke it first",
                      .at = "/name",
                      .got = json::value(name)};
    case Tokens::Change::too_many:
      return ApiError{.status = 409,
                      .code = "too_many_tokens",
                      .message = "revoke a token before another one is made",
                      .limit = std::uint64_t{Tokens::kNamedMax}};
    case Tokens::Change::not_found:
      return ApiError{.status = 404,
                      .code = "token_not_found",
                      .message = "there is no token of that name",
                      .at = "name",
                      .got = json::value(name)};
    case Tokens::Change::not_revocable:
      return ApiError{.status = 409,
                      .code = "token_not_revocable",
                      .message = "it is the daemon's own token; stop the daemon and remove its file to get another one",
                      .at = "name",
                      .got = json::value(name)};
  }
  return std::nullopt;
}

asio::awaitable<Reply> create_token(Call call) {
  auto service = call.service;
  const std::string secret = new_token();
  NamedToken token;
  token.name = std::string(call.body.at("name").as_string());
  token.role = role_of(call.body.at("role").as_string());
  token.hash = harness::sha256(secret);
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  token.created_at = {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
  token.created_by = call.principal.name;
  if (const auto refusal = refusal_of(service->tokens().add(token), token.name); refusal) co_return to_reply(*refusal);
  auto keeping = service->access().add(token);
  const auto kept = co_await std::move(keeping);
  if (!kept) {
    static_cast<void>(service->tokens().remove(token.name));
    co_return to_reply(to_api_error(kept.error()));
  }
  json::object answer = json_of(token);
  answer["token"] = secret;
  Reply reply = json_reply(201, json::serialize(answer));
  reply.fields.add("Location", "/v1/tokens/" + token.name);
  co_return reply;
}

asio::awaitable<Reply> list_tokens(Call call) {
  json::array tokens;
  for (const NamedToken& token : call.service->tokens().named()) tokens.emplace_back(json_of(token));
  json::object answer;
  answer["tokens"] = std::move(tokens);
  co_return json_reply(200, json::serialize(answer));
}

// It counts for nothing from the first moment on; what cannot be written comes back with the next start.
asio::awaitable<Reply> revoke_token(Call call) {
  auto service = call.service;
  const std::string name = call.arguments.text("name").value_or("");
  if (const auto refusal = refusal_of(service->tokens().remove(name), name); refusal) co_return to_reply(*refusal);
  auto removing = service->access().remove(name);
  const auto removed = co_await std::move(removing);
  if (!removed) co_return to_reply(to_api_error(removed.error()));
  Reply reply;
  reply.status = 204;
  co_return reply;
}

asio::awaitable<Reply> get_audit(Call call) {
  constexpr std::uint64_t kLimitDefault = 100;
  const auto limit = static_cast<std::uint32_t>(call.arguments.number("limit").value_or(kLimitDefault));
  const auto before = static_cast<std::int64_t>(call.arguments.number("cursor").value_or(0));
  auto reading = call.service->access().page(before, limit);
  auto page = co_await std::move(reading);
  if (!page) co_return to_reply(to_api_error(page.error()));
  json::array entries;
  for (const AuditEntry& entry : *page) {
    entries.push_back(json::object{{"number", entry.number},
                                   {"at", time_text(entry.at)},
                                   {"who", entry.who},
                                   {"operation", entry.operation},
                                   {"target", entry.target},
                                   {"status", entry.status}});
  }
  const bool is_last = page->size() < limit || page->back().number == 1;
  json::object answer;
  answer["entries"] = std::move(entries);
  answer["next_cursor"] = is_last ? json::value(nullptr) : json::value(std::to_string(page->back().number));
  co_return json_reply(200, json::serialize(answer));
}

}  // namespace

std::vector<Route> access_routes() {
  return {
      {.method = Method::post,
       .pattern = "/v1/tokens",
       .id = "createToken",
       .summary = "Give a token away; it is shown this once",
       .role = Role::admin,
       .body =
           BodyRule{
               .schema = kTokenOrder, .example = R"json({"name": "laptop", "role": "run"})json", .bytes_max = 1'024},
       .answers = {{.status = 201,
                    .summary = "The token",
                    .schema = kNewTokenSchema,
                    .example = R"json({"name": "laptop", "role": "run", "created_at": "2026-11-22T14:45:56.000000Z",
                      "created_by": "owner",
                      "token": "orc_0000000000000000000000000000000000000000000000000000000000000000"})json"}},
       .handler = create_token},
      {.method = Method::get,
       .pattern = "/v1/tokens",
       .id = "listTokens",
       .summary = "The tokens that were given away",
       .role = Role::admin,
       .answers = {{.summary = "The tokens", .schema = kTokensSchema, .example = R"json({"tokens": []})json"}},
       .handler = list_tokens},
      {.method = Method::remove,
       .pattern = "/v1/tokens/{name}",
       .id = "revokeToken",
       .summary = "Revoke a token; streams that it has open end within seconds",
       .role = Role::admin,
       .parameters = {{.place = Parameter::Place::path, .name = "name", .summary = "The token's name", .most = 64}},
       .answers = {{.status = 204, .summary = "It counts no more", .media_type = ""}},
       .handler = revoke_token},
      {.method = Method::get,
       .pattern = "/v1/audit",
       .id = "getAudit",
       .summary = "Who did what: the newest requests that changed something, or were to",
       .role = Role::admin,
       .parameters = {limit_parameter(1'000),
                      {.name = "cursor",
                       .summary = "Where to go on, as the page before said",
                       .kind = Parameter::Kind::number,
                       .least = 1,
                       .most = kNumberMax,
                       .error_code = "invalid_cursor"}},
       .answers = {{.summary = "The entries",
                    .schema = kAuditSchema,
                    .example = R"json({"entries": [], "next_cursor": null})json"}},
       .handler = get_audit},
  };
}

}  // namespace orchestrator::daemon

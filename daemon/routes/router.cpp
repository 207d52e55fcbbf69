// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/router.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <exception>
#include <set>
#include <stdexcept>

#include "daemon/access/consents.hpp"
#include "daemon/answers/json_body.hpp"
#include "daemon/http/target.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::daemon {
namespace {

using Checked = std::expected<void, ApiError>;

constexpr std::size_t kTargetBytes = 256;  // of a path in the audit log
constexpr std::string_view kComponents = "#/components/schemas/";

std::optional<std::vector<std::pair<std::string_view, std::string>>> match(std::string_view pattern,
                                                                           const std::vector<std::string>& parts) {
  std::vector<std::pair<std::string_view, std::string>> found;
  std::size_t index = 0;
  for (std::size_t start = 1; start <= pattern.size(); ++index) {
    const std::size_t end = std::min(pattern.find('/', start), pattern.size());
    const std::string_view part = pattern.substr(start, end - start);
    if (index >= parts.size()) return std::nullopt;
    if (part.starts_with('{')) {
      found.emplace_back(part.substr(1, part.size() - 2), parts[index]);
    } else if (part != parts[index]) {
      return std::nullopt;
    }
    start = end + 1;
  }
  if (index != parts.size()) return std::nullopt;
  return found;
}

Checked take_path(const Route& route, const std::vector<std::pair<std::string_view, std::string>>& values,
                  Arguments& arguments) {
  for (const auto& [name, value] : values) {
    for (const Parameter& parameter : route.parameters) {
      if (parameter.place != Parameter::Place::path || parameter.name != name) continue;
      if (auto taken = arguments.take(parameter, value); !taken) return taken;
    }
  }
  return {};
}

Checked take_query(const Route& route, const RequestHead& head, Arguments& arguments) {
  for (const auto& [name, value] : head.query) {
    const Parameter* known = nullptr;
    std::vector<std::string_view> names;
    for (const Parameter& parameter : route.parameters) {
      if (parameter.place != Parameter::Place::query) continue;
      names.push_back(parameter.name);
      if (parameter.name == name) known = &parameter;
    }
    if (known == nullptr) {
      return std::unexpected(
          ApiError{.code = "unknown_parameter",
                   .message = "the route takes no parameter of that name" + harness::event::did_you_mean(name, names),
                   .at = name.substr(0, 64)});
    }
    if (auto taken = arguments.take(*known, value); !taken) return taken;
  }
  return {};
}

Checked take_fields(const Route& route, const RequestHead& head, Arguments& arguments) {
  for (const Parameter& parameter : route.parameters) {
    if (parameter.place != Parameter::Place::field) continue;
    for (const auto& [name, value] : head.fields.all()) {
      if (!equal_names(name, parameter.name)) continue;
      if (auto taken = arguments.take(parameter, value); !taken) return taken;
    }
  }
  return {};
}

bool is_type(std::string_view text, std::string_view wanted) {
  std::string_view type = text.substr(0, text.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return equal_names(type, wanted);
}

ApiError body_missing(const BodyRule& rule) {
  return {.code = "body_missing", .message = "the route needs a body of " + std::string(rule.media_type)};
}

/// What is said of a body before it is read.
Checked check_body_fields(const Route& route, const RequestHead& head) {
  if (!head.has_body()) {
    if (!route.body || !route.body->required) return {};
    return std::unexpected(body_missing(*route.body));
  }
  if (!route.body) {
    return std::unexpected(ApiError{.status = 413, .code = "body_not_taken", .message = "the route takes no body"});
  }
  const auto coding = head.fields.find("Content-Encoding");
  if (coding && !equal_names(*coding, "identity")) {
    return std::unexpected(ApiError{.status = 415,
                                    .code = "encoding_not_supported",
                                    .message = "a body must come without a content coding",
                                    .at = "Content-Encoding"});
  }
  if (head.fields.count("Content-Type") != 1 || !is_type(*head.fields.find("Content-Type"), route.body->media_type)) {
    return std::unexpected(ApiError{.status = 415,
                                    .code = "media_type_not_supported",
                                    .message = "a body must be " + std::string(route.body->media_type),
                                    .at = "Content-Type"});
  }
  return {};
}

ApiError method_refused(std::string allowed) {
  return {.status = 405,
          .code = "method_not_allowed",
          .message = "the route takes " + allowed,
          .limit = boost::json::value(allowed)};
}

}  // namespace

std::optional<std::vector<std::string>> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    auto part = percent_decoded(path.substr(start, end - start), false);
    if (!part) return std::nullopt;
    parts.push_back(*std::move(part));
    start = end + 1;
  }
  return parts;
}

std::string self_contained_schema(std::string_view schema) {
  const auto local = [](std::string_view text) {
    std::string out(text);
    for (std::size_t at = out.find(kComponents); at != std::string::npos; at = out.find(kComponents, at)) {
      out.replace(at, kComponents.size(), "#/$defs/");
    }
    return out;
  };
  boost::json::object root = boost::json::parse(local(schema)).as_object();
  boost::json::object definitions;
  for (const auto& [name, text] : component_schemas()) definitions[name] = boost::json::parse(local(text));
  root["$defs"] = std::move(definitions);
  return boost::json::serialize(root);
}

Router::Router(std::shared_ptr<Service> service, std::function<void(const std::string&)> note)
    : service_(std::move(service)), note_(std::move(note)) {
  for (const Route& route : route_table()) {
    if (!route.body || !route.body->is_json()) continue;
    auto schema = harness::codec::JsonSchema::compile(self_contained_schema(route.body->schema));
    if (!schema) throw std::logic_error(std::string(route.id) + ": " + schema.error().message);
    bodies_.emplace(&route, *std::move(schema));
  }
}

std::expected<Router::Admission, ApiError> Router::check(const RequestHead& head) {
  if (!origins_)
    return std::unexpected(ApiError{.status = 503, .code = "starting", .message = "the daemon is starting"});
  if (auto checked = origins_->check(head); !checked) return std::unexpected(std::move(checked.error()));
  auto principal = service_->tokens().identify(head, std::chrono::steady_clock::now());
  if (!principal) return std::unexpected(std::move(principal.error()));

  const auto parts = path_parts(head.path);
  const Method wanted = head.method == Method::head ? Method::get : head.method;
  const Route* found = nullptr;
  std::vector<std::pair<std::string_view, std::string>> values;
  std::set<std::string> methods;
  Role least = Role::admin;
  for (const Route& route : route_table()) {
    auto matched = parts ? match(route.pattern, *parts) : std::nullopt;
    if (!matched) continue;
    least = std::min(least, route.role);
    methods.emplace(name_of(route.method));
    if (route.method == Method::get) methods.emplace("HEAD");
    if (route.method == wanted) {
      found = &route;
      values = *std::move(matched);
    }
  }
  // Strangers learn nothing of what is there: only open routes speak to them.
  const Role needed = found != nullptr ? found->role : methods.empty() ? Role::read : least;
  if (principal->role == Role::open && needed != Role::open) {
    return std::unexpected(ApiError{.status = 401,
                                    .code = "token_missing",
                                    .message = "send the daemon's token as Authorization: Bearer TOKEN",
                                    .at = "Authorization"});
  }
  if (methods.empty()) {
    return std::unexpected(ApiError{.status = 404, .code = "route_not_found", .message = "there is no such route"});
  }
  if (found == nullptr) {
    std::string allowed;
    for (const std::string& method : methods) allowed += (allowed.empty() ? "" : ", ") + method;
    return std::unexpected(method_refused(std::move(allowed)));
  }
  if (principal->role < found->role) {
    return std::unexpected(ApiError{.status = 403,
                                    .code = "role_too_low",
                                    .message = "the route needs the role " + std::string(name_of(found->role)),
                                    .limit = boost::json::value(name_of(found->role)),
                                    .got = boost::json::value(name_of(principal->role))});
  }
  Admission admission{Match{found, {}}, *std::move(principal)};
  Checked done = take_path(*found, values, admission.match.arguments);
  done = done ? take_query(*found, head, admission.match.arguments) : done;
  done = done ? take_fields(*found, head, admission.match.arguments) : done;
  done = done ? check_body_fields(*found, head) : done;
  if (!done) return std::unexpected(std::move(done.error()));
  return admission;
}

std::expected<std::uint64_t, Reply> Router::admit(const RequestHead& head) {
  auto admission = check(head);
  if (admission) return admission->match.route->body ? admission->match.route->body->bytes_max : 0;
  Reply reply = to_reply(admission.error());
  if (admission.error().status == 405) {
    reply.fields.add("Allow", std::string(admission.error().limit.as_string()));
  }
  return std::unexpected(std::move(reply));
}

boost::asio::awaitable<Reply> Router::answer(Request request) {
  auto admission = check(request.head);
  if (!admission) co_return to_reply(admission.error());
  const Route& route = *admission->match.route;
  Call call;
  call.service = service_;
  call.arguments = std::move(admission->match.arguments);
  call.principal = std::move(admission->principal);
  call.head = std::move(request.head);
  call.body_text = std::move(request.body);
  AuditEntry entry;
  entry.who = call.principal.name;
  entry.operation = route.id;
  entry.target = call.head.path.substr(0, kTargetBytes);
  auto handling = handle(&route, std::move(call));
  Reply reply = co_await std::move(handling);
  if (route.method != Method::get) {
    entry.status = reply.status;
    auto noting = note_change(std::move(entry));
    co_await std::move(noting);
  }
  co_return reply;
}

boost::asio::awaitable<Reply> Router::handle(const Route* route, Call call) {
  // A chunked body may turn out to be empty.
  if (call.body_text.empty() && route->body && route->body->required) co_return to_reply(body_missing(*route->body));
  if (!call.body_text.empty() && route->body->is_json()) {
    auto body = parse_json_body(call.body_text);
    auto checked = body ? check_json_body(*body, bodies_.at(route)) : std::unexpected(std::move(body.error()));
    if (checked) checked = check_consents(call.principal, *body, service_->private_folder());
    if (!checked) co_return to_reply(checked.error());
    call.body = *std::move(body);
  }
  std::string problem;
  try {
    auto handling = route->handler(std::move(call));
    co_return co_await std::move(handling);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  note_(std::string(route->id) + " failed, please report it: " + problem);
  co_return to_reply({.status = 500, .code = "internal", .message = "the daemon failed at this; its log says more"});
}

/// The change was made: where it cannot be noted, the log must say so.
boost::asio::awaitable<void> Router::note_change(AuditEntry entry) {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  entry.at = {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
  const std::string what = entry.operation + " by " + entry.who;
  auto noting = service_->access().note(std::move(entry));
  const auto noted = co_await std::move(noting);
  if (!noted) note_("the audit log lacks " + what + ": " + noted.error().message);
}

Reply Router::refuse(const HeadFault& fault) { return to_reply(to_api_error(fault)); }

}  // namespace orchestrator::daemon

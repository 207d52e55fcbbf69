// SPDX-License-Identifier: Apache-2.0
#pragma once

// A route: what it is called by, what it takes and gives, who may ask it, and what answers. One table of them serves
// requests, writes the OpenAPI document, and generates the tests of access. Constant data; any thread.

#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/access/principal.hpp"
#include "daemon/http/reply.hpp"
#include "daemon/http/request.hpp"
#include "daemon/routes/parameter.hpp"
#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::daemon {

class Service;

/// A request that passed every check of its route.
struct Call {
  std::shared_ptr<Service> service;  // shared with the daemon
  RequestHead head;
  Arguments arguments;      // of the path, the query and the fields that the route names
  boost::json::value body;  // null where the route takes none, or none of JSON
  std::string body_text;    // as it came
  Principal principal;
};

using Handler = boost::asio::awaitable<Reply> (*)(Call call);

/// A body that a route takes: JSON, checked by its schema before the handler is called, or text of another type.
struct BodyRule {
  std::string_view schema;  // JSON Schema; `#/components/schemas/NAME` is one of `component_schemas`
  std::string_view example;
  std::uint64_t bytes_max = 1ULL << 20;
  bool required = true;
  std::string_view media_type = "application/json";  // of another one the handler looks at `Call::body_text` alone
  [[nodiscard]] bool is_json() const { return media_type == "application/json"; }
};

/// An answer that a route gives.
struct AnswerRule {
  unsigned status = 200;
  std::string_view summary;
  std::string_view media_type = "application/json";  // empty: no body
  std::string_view schema = {};                      // of JSON
  std::string_view example = {};
};

struct Route {
  Method method = Method::get;
  std::string_view pattern;  // such as /v1/runs/{run_id}
  std::string_view id;       // the operation's name, such as getRun
  std::string_view summary;  // one line, no full stop
  Role role = Role::admin;
  std::vector<Parameter> parameters = {};
  std::optional<BodyRule> body = {};
  std::vector<AnswerRule> answers = {};  // those of success; refusals have one form on every route
  Handler handler = nullptr;
};

}  // namespace orchestrator::daemon

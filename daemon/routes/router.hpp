// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds the route of a request and checks everything that its table row says, in one order for all: name of the daemon,
// origin, credential, route, method, role, parameters, body. On the server's thread.

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/json_schema/json_schema.hpp"
#include "daemon/access/origin_check.hpp"
#include "daemon/access/tokens.hpp"
#include "daemon/http/server.hpp"
#include "daemon/routes/route.hpp"

namespace orchestrator::daemon {

class Router final : public RequestHandler {
 public:
  /// `note` takes a line for the log.
  Router(std::shared_ptr<Service> service, std::function<void(const std::string&)> note);
  /// What it is called by; before that it refuses everything.
  void answer_as(OriginCheck origins) { origins_ = std::move(origins); }

  std::expected<std::uint64_t, Reply> admit(const RequestHead& head) override;
  boost::asio::awaitable<Reply> answer(Request request) override;
  Reply refuse(const HeadFault& fault) override;

 private:
  struct Match {
    const Route* route = nullptr;
    Arguments arguments;
  };
  struct Admission {
    Match match;
    Principal principal;
  };
  std::expected<Admission, ApiError> check(const RequestHead& head);
  boost::asio::awaitable<Reply> handle(const Route* route, Call call);
  boost::asio::awaitable<void> note_change(AuditEntry entry);

  std::shared_ptr<Service> service_;  // shared with the calls under way
  std::optional<OriginCheck> origins_;
  std::function<void(const std::string&)> note_;
  std::map<const Route*, harness::codec::JsonSchema> bodies_;
};

/// The parts of a path between its slashes, decoded; nothing where one has a slash in it.
[[nodiscard]] std::optional<std::vector<std::string>> path_parts(std::string_view path);

/// `schema` with the schemas that it refers to inside itself, as a compiler of JSON Schema needs it.
[[nodiscard]] std::string self_contained_schema(std::string_view schema);

}  // namespace orchestrator::daemon

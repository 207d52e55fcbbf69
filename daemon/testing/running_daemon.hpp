// SPDX-License-Identifier: Apache-2.0
#pragma once

// A daemon on a free port around a harness with a scripted model, and a client that checks every answer by the schema
// of its route. For one test at a time, on its thread.

#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/access/principal.hpp"
#include "daemon/daemon.hpp"
#include "daemon/testing/http_client.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::daemon::testing {

class RunningDaemon {
 public:
  /// `script` is what the model `scripted/test` plays; `folder` keeps what outlives a daemon, where it is not empty.
  explicit RunningDaemon(const std::string& script, const std::string& folder = {});
  ~RunningDaemon();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] harness::Harness& harness() { return *harness_; }
  [[nodiscard]] Daemon& daemon() { return *daemon_; }
  /// The token of a client of that role; `open`: one that is none.
  [[nodiscard]] static std::string token_of(Role role);

  /// A request of the owner, by its own connection. `fields` are lines with CRLF; a body is JSON
  /// where they do not say what it is.
  Answer call(const std::string& method, const std::string& target, const std::string& body = {},
              const std::string& fields = {});
  /// The same, its status and its body's schema checked by the route table; the body.
  boost::json::value call_checked(unsigned status, const std::string& method, const std::string& target,
                                  const std::string& body = {}, const std::string& fields = {});

  /// The bytes of a request of the owner.
  [[nodiscard]] std::string request(const std::string& method, const std::string& target, const std::string& body = {},
                                    const std::string& fields = {}) const;

 private:
  std::unique_ptr<harness::Harness> harness_;
  std::unique_ptr<Daemon> daemon_;
  std::uint16_t port_ = 0;
};

}  // namespace orchestrator::daemon::testing

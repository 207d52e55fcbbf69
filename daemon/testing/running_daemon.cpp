// SPDX-License-Identifier: Apache-2.0
#include "daemon/testing/running_daemon.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <utility>

#include "codec/json_schema/json_schema.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/routes/router.hpp"

namespace orchestrator::daemon::testing {
namespace {

const Route* find_route(const std::string& method, const std::string& target) {
  const auto parts = path_parts(target.substr(0, target.find('?')));
  for (const Route& route : route_table()) {
    const auto pattern = path_parts(route.pattern);
    if (name_of(route.method) != method || pattern->size() != parts->size()) continue;
    bool fits = true;
    for (std::size_t at = 0; at < parts->size(); ++at) {
      fits = fits && ((*pattern)[at].starts_with('{') || (*pattern)[at] == (*parts)[at]);
    }
    if (fits) return &route;
  }
  return nullptr;
}

void check_body(const Route* route, const Answer& answer) {
  std::string_view schema = R"({"$ref": "#/components/schemas/Error"})";
  if (answer.status < 400) {
    ASSERT_NE(route, nullptr);
    const AnswerRule* rule = nullptr;
    for (const AnswerRule& one : route->answers) {
      if (one.status == answer.status && rule == nullptr) rule = &one;
    }
    ASSERT_NE(rule, nullptr) << route->id << " has no answer " << answer.status;
    schema = rule->schema;
  }
  if (schema.empty()) return;
  const auto compiled = harness::codec::JsonSchema::compile(self_contained_schema(schema));
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto violations = compiled->check_text(answer.body);
  ASSERT_TRUE(violations) << answer.body;
  for (const auto& violation : *violations) ADD_FAILURE() << violation.pointer << " " << violation.message;
}

}  // namespace

RunningDaemon::RunningDaemon(const std::string& script, const std::string& folder) {
  harness::HarnessBuilder builder;
  builder.provider(harness::scripted_provider({{"test", script}}).value()).default_model("scripted/test");
  builder.store(folder.empty() ? "memory:" : "sqlite:" + folder + "/store.sqlite");
  for (auto& tool : harness::workspace_tools()) builder.tool(std::move(tool));
  harness_ = std::make_unique<harness::Harness>(builder.build().value());
  DaemonOptions options;
  options.address.port = 0;
  if (!folder.empty()) options.private_folder = folder + "/private";
  for (const Role role : {Role::read, Role::run, Role::approve, Role::admin}) {
    options.tokens.push_back({token_of(role), Principal{std::string(name_of(role)), role}});
  }
  auto keys = IdempotencyKeys::open(folder.empty() ? ":memory:" : folder + "/keys.sqlite", "test");
  EXPECT_TRUE(keys) << keys.error().message;
  auto access = AccessRecords::open(folder.empty() ? ":memory:" : folder + "/access.sqlite");
  EXPECT_TRUE(access) << access.error().message;
  DaemonRecords records{*std::move(keys), *std::move(access)};
  daemon_ = std::make_unique<Daemon>(*harness_, std::move(options), std::move(records));
  const auto address = daemon_->start();
  EXPECT_TRUE(address) << address.error().message;
  port_ = address ? address->port : 0;
}

RunningDaemon::~RunningDaemon() { daemon_->stop(std::chrono::seconds(5)); }

std::string RunningDaemon::token_of(Role role) { return "orc_test_" + std::string(name_of(role)); }

std::string RunningDaemon::request(const std::string& method, const std::string& target, const std::string& body,
                                   const std::string& fields) const {
  std::string bytes = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                      "\r\nAuthorization: Bearer " + token_of(Role::admin) + "\r\nConnection: close\r\n" + fields;
  if (!body.empty()) {
    if (fields.find("Content-Type:") == std::string::npos) bytes += "Content-Type: application/json\r\n";
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return bytes + "\r\n" + body;
}

Answer RunningDaemon::call(const std::string& method, const std::string& target, const std::string& body,
                           const std::string& fields) {
  return ask(port_, request(method, target, body, fields));
}

boost::json::value RunningDaemon::call_checked(unsigned status, const std::string& method, const std::string& target,
                                               const std::string& body, const std::string& fields) {
  const Answer answer = call(method, target, body, fields);
  EXPECT_EQ(answer.status, status) << method << " " << target << ": " << answer.body;
  check_body(find_route(method, target), answer);
  boost::system::error_code error;
  return boost::json::parse(answer.body, error);
}

}  // namespace orchestrator::daemon::testing

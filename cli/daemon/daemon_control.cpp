// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon_control.hpp"

#include <boost/json.hpp>
#include <string>
#include <utility>

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::Result;

struct Order {
  std::string path;
  json::object body;
};

Order order_of(const ControlRequest& request) {
  json::object body;
  switch (request.verb) {
    case ControlVerb::abort:
      body["mode"] = request.after_turn ? "after_turn" : "now";
      return {"/abort", std::move(body)};
    case ControlVerb::hint:
      body["text"] = request.text;
      body["priority"] = request.after_turn ? "after_turn" : "asap";
      return {"/hints", std::move(body)};
    case ControlVerb::pause:
      return {"/pause", std::move(body)};
    case ControlVerb::resume:
      if (request.trust_imported) body["trust_imported"] = true;
      return {"/resume", std::move(body)};
    case ControlVerb::checkpoint:
      body["label"] = request.text;
      return {"/checkpoints", std::move(body)};
    case ControlVerb::approve:
    case ControlVerb::deny:
      break;
  }
  const bool allows = request.verb == ControlVerb::approve;
  body["decision"] = !allows ? "deny" : request.for_run ? "allow_run" : "allow_once";
  if (!request.text.empty()) body["reason"] = request.text;
  return {"/interrupts/" + (request.interrupt_id ? request.interrupt_id->str() : std::string()), std::move(body)};
}

}  // namespace

Result<ControlAnswer> send_to_daemon(const DaemonClient& daemon, const ControlRequest& request) {
  const Order order = order_of(request);
  auto said = daemon.ask("POST", "/v1/runs/" + request.run_id.str() + order.path, json::serialize(order.body));
  if (!said) return std::unexpected(std::move(said.error()));
  ControlAnswer answer;
  if (const auto* hint = said->if_contains("hint_id"); hint != nullptr && hint->is_string()) {
    answer.hint_id = std::string(hint->as_string());
  }
  const auto* held = said->if_contains("held");
  const auto* status = said->if_contains("status");
  const bool is_active = status != nullptr && status->is_string() && status->as_string() == "active";
  answer.is_held = held == nullptr || !held->is_bool() || held->as_bool() || !is_active;
  return answer;
}

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#include "event/upcaster.hpp"

#include <array>
#include <string>

namespace orchestrator::harness::event {

namespace {

// Runs of a release whose rules no number tells go on by a number that they are given here: see
// kernel/behaviours.hpp.
void add_behaviour(boost::json::object& data, std::uint32_t number) {
  boost::json::value* behaviours = data.if_contains("behaviours");
  if (behaviours != nullptr && behaviours->is_array()) behaviours->get_array().emplace_back(number);
}

// 0.1.0 had no tools to run: what a run may do with them has the value under which nothing is different.
void run_started_1(boost::json::object& data) {
  add_behaviour(data, 5);
  data["tool_policy"] = {
      {"approval", "ask"}, {"calls_at_once", 1}, {"repairs_max", 8}, {"approval_timeout_ms", nullptr}};
  data["workspace"] = "";
  boost::json::value* tools = data.if_contains("tools");
  if (tools == nullptr || !tools->is_array()) return;
  for (boost::json::value& tool : tools->get_array()) {
    if (!tool.is_object()) continue;
    boost::json::object& object = tool.get_object();
    object["output_schema"] = "";
    object["approval"] = "none";
    object["timeout_ms"] = 120'000;
    object["output_bytes_max"] = 65'536;
  }
}

void tool_call_finished_1(boost::json::object& data) { data["full_output"] = nullptr; }

// 0.1.1 made no attempt again, knew no prices and asked nothing of a model but what the run used.
void run_started_2(boost::json::object& data) {
  data["retries"] = {{"attempts_max", 1},
                     {"delay_ms", 500},
                     {"delay_max_ms", 8'000},
                     {"retry_after_max_ms", 60'000},
                     {"after_output", "fail"}};
  const auto member = [&](std::string_view name) {
    boost::json::value* value = data.if_contains(name);
    return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
  };
  if (boost::json::object* timeouts = member("timeouts")) (*timeouts)["first_token_ms"] = nullptr;
  if (boost::json::object* budgets = member("budgets")) (*budgets)["allow_unpriced"] = false;
  if (boost::json::object* plan = member("model_plan")) {
    (*plan)["needs"] = {{"capabilities", boost::json::array()},
                        {"context_tokens", nullptr},
                        {"output_tokens", nullptr},
                        {"wire", ""},
                        {"regions", boost::json::array()},
                        {"input_price_max", nullptr},
                        {"output_price_max", nullptr}};
  }
  boost::json::value* offers = data.if_contains("offers");
  if (offers == nullptr || !offers->is_array()) return;
  for (boost::json::value& offer : offers->get_array()) {
    if (!offer.is_object()) continue;
    offer.get_object()["regions"] = boost::json::array();
    offer.get_object()["price"] = nullptr;
  }
}

void model_selected_2(boost::json::object& data) { data["rejected"] = boost::json::array(); }
void provider_requested_2(boost::json::object& data) {
  data["max_output_tokens"] = nullptr;
  data["is_probe"] = false;
}
void timeout_fired_2(boost::json::object& data) { data["call_id"] = ""; }

// 0.1.2 pinned nothing, and dropped history alone and as little of it as it could.
void run_started_3(boost::json::object& data) {
  data["context"] = {{"tokens_max", nullptr},         {"window_turns", 0},   {"fill_percent", 100},
                     {"recent_turns", 4'294'967'295}, {"when_full", "trim"}, {"summary_tokens_max", 1'000},
                     {"pinned", boost::json::array()}};
  data["memory"] = {
      {"user", ""}, {"recall_max", 0}, {"recall_tokens_max", 1'000}, {"timeout_ms", 2'000}, {"keep_run", false}};
}
// It asked no memory store, and took every token to be of the usual price.
void usage_3(boost::json::object& data) {
  boost::json::value* usage = data.if_contains("usage");
  if (usage != nullptr && usage->is_object()) usage->get_object()["unpriced"] = boost::json::array();
}
void provider_requested_3(boost::json::object& data) { data["purpose"] = "answer"; }
void context_trimmed_3(boost::json::object& data) {
  data["own_items"] = 0;
  data["summary"] = nullptr;
}

// 0.2.0 had no rules, took nothing out of texts, and believed what tools brought.
void run_started_4(boost::json::object& data) {
  add_behaviour(data, 6);
  data["gates"] = boost::json::array();
  data["redaction"] = "none";
  data["is_history_untrusted"] = false;
  if (boost::json::value* policy = data.if_contains("tool_policy"); policy != nullptr && policy->is_object()) {
    policy->get_object()["injection"] = "off";
  }
  boost::json::value* tools = data.if_contains("tools");
  if (tools == nullptr || !tools->is_array()) return;
  for (boost::json::value& tool : tools->get_array()) {
    if (!tool.is_object()) continue;
    tool.get_object()["reach"] = "outside";
    tool.get_object()["is_output_trusted"] = false;
  }
}
void tool_call_finished_4(boost::json::object& data) { data["is_untrusted"] = false; }
void interrupt_raised_4(boost::json::object& data) { data["reason"] = ""; }

constexpr std::array kUpcasters{
    Upcaster{"RunStarted", 1, run_started_1},
    Upcaster{"ToolCallFinished", 1, tool_call_finished_1},
    Upcaster{"RunStarted", 2, run_started_2},
    Upcaster{"ModelSelected", 2, model_selected_2},
    Upcaster{"TimeoutFired", 2, timeout_fired_2},
    Upcaster{"ProviderRequested", 2, provider_requested_2},
    Upcaster{"RunStarted", 3, run_started_3},
    Upcaster{"RunStarted", 4, run_started_4},
    Upcaster{"ToolCallFinished", 4, tool_call_finished_4},
    Upcaster{"InterruptRaised", 4, interrupt_raised_4},
    Upcaster{"ContextTrimmed", 3, context_trimmed_3},
    Upcaster{"UsageReported", 3, usage_3},
    Upcaster{"ProviderRequested", 3, provider_requested_3},
    Upcaster{"Completed", 3, usage_3},
    Upcaster{"Error", 3, usage_3},
    Upcaster{"Aborted", 3, usage_3},
};

}  // namespace

std::span<const Upcaster> upcasters() { return kUpcasters; }

Result<void> upcast(std::span<const Upcaster> table, std::string_view type, std::uint32_t version, std::uint32_t target,
                    boost::json::object& data) {
  if (version > target) {
    return fail(RuntimeErrorCode::version_too_new,
                "an event of type " + std::string(type) + " has version " + std::to_string(version) +
                    ", this build reads up to " + std::to_string(target),
                "/v");
  }
  for (; version < target; ++version) {
    for (const Upcaster& upcaster : table) {
      if (upcaster.type == type && upcaster.from == version) upcaster.apply(data);
    }
  }
  return {};
}

}  // namespace orchestrator::harness::event

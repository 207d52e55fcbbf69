// SPDX-License-Identifier: Apache-2.0
#include "event/upcaster.hpp"

#include <array>
#include <string>

namespace orchestrator::harness::event {

namespace {

// 0.1.0 had no tools to run: what a run may do with them has the value under which nothing is different.
void run_started_1(boost::json::object& data) {
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

constexpr std::array kUpcasters{Upcaster{"RunStarted", 1, run_started_1},
                                Upcaster{"ToolCallFinished", 1, tool_call_finished_1}};

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

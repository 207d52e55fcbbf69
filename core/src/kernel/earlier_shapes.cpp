// SPDX-License-Identifier: Apache-2.0
#include "kernel/earlier_shapes.hpp"

#include <cstdint>
#include <optional>

#include "event/field_encoder.hpp"
#include "kernel/behaviours.hpp"

namespace orchestrator::harness::kernel {

namespace earlier {

struct ToolOf010 {
  std::string name;
  std::string description;
  RawJson input_schema;
  bool strict = false;
  EffectClass effect_class = EffectClass::irreversible;
};
BOOST_DESCRIBE_STRUCT(ToolOf010, (), (name, description, input_schema, strict, effect_class))

struct ToolOf020 {
  std::string name;
  std::string description;
  RawJson input_schema;
  bool strict = false;
  EffectClass effect_class = EffectClass::irreversible;
  RawJson output_schema;
  ApprovalNeed approval = ApprovalNeed::none;
  std::uint64_t timeout_ms = 0;
  std::uint64_t output_bytes_max = 0;
};
BOOST_DESCRIBE_STRUCT(ToolOf020, (),
                      (name, description, input_schema, strict, effect_class, output_schema, approval, timeout_ms,
                       output_bytes_max))

struct PolicyOf020 {
  ApprovalMode approval = ApprovalMode::ask;
  std::uint32_t calls_at_once = 1;
  std::uint32_t repairs_max = 0;
  std::optional<std::uint64_t> approval_timeout_ms;
};
BOOST_DESCRIBE_STRUCT(PolicyOf020, (), (approval, calls_at_once, repairs_max, approval_timeout_ms))

}  // namespace earlier

void append_hashed_tool(std::string& out, const events::RunStarted& run, const ToolSpec& tool) {
  if (has_behaviour(run, Behaviour::of_0_1_0)) {
    event::append_value(
        out, earlier::ToolOf010{tool.name, tool.description, tool.input_schema, tool.strict, tool.effect_class});
  } else if (has_behaviour(run, Behaviour::of_before_0_2_1)) {
    event::append_value(
        out, earlier::ToolOf020{tool.name, tool.description, tool.input_schema, tool.strict, tool.effect_class,
                                tool.output_schema, tool.approval, tool.timeout_ms, tool.output_bytes_max});
  } else {
    event::append_value(out, tool);
  }
}

void append_hashed_tools(std::string& out, const events::RunStarted& run) {
  out.push_back('[');
  for (const ToolSpec& tool : run.tools) {
    if (&tool != &run.tools.front()) out.push_back(',');
    append_hashed_tool(out, run, tool);
  }
  out.push_back(']');
}

void append_hashed_policy(std::string& out, const events::RunStarted& run) {
  const ToolPolicy& policy = run.tool_policy;
  if (has_behaviour(run, Behaviour::of_before_0_2_1)) {
    event::append_value(out, earlier::PolicyOf020{policy.approval, policy.calls_at_once, policy.repairs_max,
                                                  policy.approval_timeout_ms});
  } else {
    event::append_value(out, policy);
  }
}

}  // namespace orchestrator::harness::kernel

// SPDX-License-Identifier: Apache-2.0
// `orchestrator tools list|show`

#include <boost/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/commands/tool_choice.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"

namespace orchestrator::cli {
namespace {

boost::json::value json_or_null(const harness::RawJson& raw) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(raw.text, error);
  return error ? boost::json::value(nullptr) : value;
}

boost::json::object json_of(const harness::ToolSpec& spec) {
  return {{"name", spec.name},
          {"description", spec.description},
          {"effect_class", word_of(spec.effect_class)},
          {"approval", word_of(spec.approval)},
          {"timeout_ms", spec.timeout_ms},
          {"output_bytes_max", spec.output_bytes_max},
          {"reach", word_of(spec.reach)},
          {"is_output_trusted", spec.is_output_trusted},
          {"strict", spec.strict},
          {"input_schema", json_or_null(spec.input_schema)},
          {"output_schema", spec.output_schema.text.empty() ? nullptr : json_or_null(spec.output_schema)}};
}

/// What a need for approval means under the three modes.
std::string approval_text(harness::ApprovalNeed need) {
  switch (need) {
    case harness::ApprovalNeed::none:
      return "none: runs unasked, except under --approve always";
    case harness::ApprovalNeed::ask:
      return "ask: asked about, runs unasked under --approve never";
    case harness::ApprovalNeed::require:
      return "require: asked about, denied under --approve never";
    case harness::ApprovalNeed::refuse:
      return "refuse: denied always";
  }
  return {};
}

void append_indented(std::string& out, const boost::json::value& value, std::size_t depth) {
  const std::string margin(2 * (depth + 1), ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    for (std::size_t index = 0; const auto& [key, member] : *object) {
      out += margin + boost::json::serialize(key) + ": ";
      append_indented(out, member, depth + 1);
      out += ++index < object->size() ? ",\n" : "\n";
    }
    out += std::string(2 * depth, ' ') + "}";
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

ExitStatus tools_list_command(CommandContext& context) {
  Table table({"TOOL", "EFFECT", "APPROVAL", "WHAT IT DOES"});
  for (const auto& tool : built_in_tools()) {
    const harness::ToolSpec& spec = tool->spec();
    if (context.invocation.has("--json")) {
      context.out.write(json_line(json_of(spec)));
    } else {
      table.add({spec.name, std::string(word_of(spec.effect_class)), std::string(word_of(spec.approval)),
                 spec.description.substr(0, spec.description.find('\n'))});
    }
  }
  if (!context.invocation.has("--json")) {
    context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  }
  return ExitStatus::done;
}

ExitStatus tools_show_command(CommandContext& context) {
  auto spec = find_built_in_tool(context.invocation.arguments.front());
  if (!spec) {
    context.notes.error(spec.error().message);
    return ExitStatus::not_found;
  }
  if (context.invocation.has("--json")) {
    context.out.write(json_line(json_of(*spec)));
    return ExitStatus::done;
  }
  std::string out = spec->name + "\n" + spec->description + "\n\neffect    " +
                    std::string(word_of(spec->effect_class)) + "\napproval  " + approval_text(spec->approval) +
                    "\nreach     " + std::string(word_of(spec->reach)) + "\nresults   " +
                    (spec->is_output_trusted ? "trusted" : "untrusted: others may have written what they hold") +
                    "\ntimeout   " + std::to_string(spec->timeout_ms) + " ms\noutput    at most " +
                    std::to_string(spec->output_bytes_max) + " bytes are shown to the model\n\narguments:\n";
  append_indented(out, json_or_null(spec->input_schema), 0);
  context.out.write(out + "\n");
  return ExitStatus::done;
}

}  // namespace orchestrator::cli

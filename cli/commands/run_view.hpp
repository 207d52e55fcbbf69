// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run as it comes: the model's text on stdout, reasoning and notes on stderr; or with --json every event on stdout
// and nothing else. For one run and one thread.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "cli/commands/command_context.hpp"
#include "cli/display/restored_text.hpp"
#include "cli/display/text_filter.hpp"
#include "cli/store/attempt_tally.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

class RunView {
 public:
  /// With a vault the text of answers is shown with its values put back.
  RunView(CommandContext& context, const harness::RunId& run_id, bool in_chat,
          std::shared_ptr<harness::SecretVault> vault);

  /// Shows one event and flushes.
  void show(const harness::StreamEvent& event);
  /// Names the tool of a call that was requested before the first event shown here.
  void know_call(const std::string& call_id, const std::string& tool);
  /// Ends the line under way, so that something else can be written.
  void make_room();

 private:
  void show_text(const harness::StreamEvent& event);
  void started();
  void output(std::uint32_t turn, const std::string& item_id, std::string_view text);
  void show_held();
  void reasoning(std::string_view text);
  void item_completed(const harness::StreamEvent::OutputItemCompleted& item);
  void control_note(const harness::StreamEvent& event);
  bool retry_note(const harness::StreamEvent& event);
  bool tool_note(const harness::StreamEvent& event);
  void ended(const harness::StreamEvent& event);
  void note(const std::string& text);
  void end_output_line();
  void finish_text();

  CommandContext& context_;
  bool json_;
  bool in_chat_;
  std::string run_id_;
  AttemptTally attempts_;
  std::string failure_;  // what went wrong last with the provider
  std::string session_id_;
  std::uint32_t turn_ = 0;
  RestoredText restored_;
  TextFilter text_filter_;
  TextFilter reasoning_filter_;
  std::map<std::string, std::string> tools_of_calls_;  // of calls under way, by call id
  std::map<std::string, std::size_t> shown_bytes_;     // of the items of the attempt under way
};

}  // namespace orchestrator::cli

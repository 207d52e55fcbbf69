// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run_view.hpp"

#include <variant>

#include "cli/display/amount_text.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/event_line.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/quoted_text.hpp"

namespace orchestrator::cli {
namespace {

using harness::StreamEvent;

constexpr std::size_t kShownBytes = 160;  // of arguments and results

/// What a finish reason other than a plain stop means for the reader.
std::string remark_on(harness::FinishReason reason) {
  switch (reason) {
    case harness::FinishReason::length:
      return "the answer was cut off at the output limit";
    case harness::FinishReason::refusal:
      return "the model refused";
    case harness::FinishReason::content_filter:
      return "the provider's content filter ended the answer";
    case harness::FinishReason::tool_limit:
      return "the turn limit ended the run";
    case harness::FinishReason::stop:
      return "done";
    default:
      return "done (" + std::string(word_of(reason)) + ")";
  }
}

/// What becomes of the text on the screen.
std::string remark_on(harness::RetryMode mode) {
  return mode == harness::RetryMode::restart ? "; the answer so far is void" : "";
}

/// The beginning of what a model or a tool wrote, on one line, with nothing hidden in it.
std::string shortened(std::string_view text) {
  const std::string_view shown = text.substr(0, whole_characters(text, kShownBytes));
  return escaped_line(shown) + (shown.size() < text.size() ? "..." : "");
}

/// The first line of a result that says anything.
std::string first_line(const std::vector<harness::ContentPart>& parts) {
  for (const harness::ContentPart& part : parts) {
    std::string_view text;
    if (const auto* plain = std::get_if<harness::TextPart>(&part); plain != nullptr) {
      text = plain->text;
    } else if (const auto* json = std::get_if<harness::JsonPart>(&part); json != nullptr) {
      text = json->json.text;
    } else {
      return "[file]";
    }
    if (const std::size_t start = text.find_first_not_of(" \t\r\n"); start != std::string_view::npos) {
      return std::string(text.substr(start, text.find('\n', start) - start));
    }
  }
  return {};
}

std::string numbers_of(const harness::Usage& usage, const std::optional<std::uint64_t>& cost,
                       const harness::Latencies& latencies, const AttemptTally& attempts) {
  const std::string known = attempts.known_text();
  const std::string money = cost_text(cost);
  const std::string totals = known.empty() ? usage_text(usage) + (money.empty() ? "" : ", " + money) : known;
  return totals + "; " + latency_text(latencies);
}

}  // namespace

RunView::RunView(CommandContext& context, const harness::RunId& run_id, bool in_chat,
                 std::shared_ptr<harness::SecretVault> vault)
    : context_(context),
      json_(context.invocation.has("--json")),
      in_chat_(in_chat),
      run_id_(run_id.str()),
      restored_(std::move(vault)) {}

void RunView::show(const StreamEvent& event) {
  if (json_) {
    context_.out.write(event.json() + "\n");
    if (const auto* failed = event.get_if<StreamEvent::Error>(); failed != nullptr) {
      context_.notes.error(failed->error.message);
    }
  } else {
    show_text(event);
  }
  context_.out.flush();
}

void RunView::show_text(const StreamEvent& event) {
  session_id_ = event.meta.session_id.str();
  attempts_.add(event);
  if (event.get_if<StreamEvent::RunStarted>() != nullptr) {
    started();
  } else if (const auto* forked = event.get_if<StreamEvent::RunForked>(); forked != nullptr) {
    for (const std::string& about_files : forked->workspace_notes) {
      note(escaped_line(about_files));
    }
  } else if (const auto* chosen = event.get_if<StreamEvent::ModelSelected>(); chosen != nullptr) {
    std::string text = "model " + chosen->model.str();
    for (const auto& dropped : chosen->dropped) {
      text += "; without " + dropped.name + ": " + dropped.reason;
    }
    if (!in_chat_ || !chosen->dropped.empty()) {
      note(text);
    }
  } else if (const auto* delta = event.get_if<StreamEvent::OutputDelta>(); delta != nullptr) {
    output(delta->turn, delta->item_id, delta->text);
  } else if (const auto* thought = event.get_if<StreamEvent::ReasoningDelta>(); thought != nullptr) {
    shown_bytes_[thought->item_id] += thought->text.size();
    reasoning(thought->text);
  } else if (const auto* item = event.get_if<StreamEvent::OutputItemCompleted>(); item != nullptr) {
    item_completed(*item);
  } else if (const auto* requested = event.get_if<StreamEvent::ProviderRequested>(); requested != nullptr) {
    shown_bytes_.clear();
    text_filter_ = {};  // an unfinished sequence ends with its answer
    reasoning_filter_ = {};
  } else if (event.is_terminal()) {
    ended(event);
  } else if (!tool_note(event) && !retry_note(event)) {
    control_note(event);
  }
}

void RunView::started() {
  if (!in_chat_) {
    note("run " + run_id_ + ", session " + session_id_);
  }
}

void RunView::output(std::uint32_t turn, const std::string& item_id, std::string_view text) {
  context_.notes.end_line();
  if (turn != turn_ && turn_ != 0) {
    end_output_line();
  }
  turn_ = turn;
  shown_bytes_[item_id] += text.size();
  std::string shown;
  text_filter_.append(shown, restored_.append(text));
  context_.out.write(shown);
}

void RunView::reasoning(std::string_view text) {
  if (!context_.terminal.err_is_terminal) {
    return;
  }
  std::string shown;
  reasoning_filter_.append(shown, text);
  if (context_.terminal.out_is_terminal && !context_.out.at_line_start()) {
    context_.out.write("\n");
    context_.out.flush();
  }
  context_.notes.running_text(shown);
}

/// Text that came without deltas.
void RunView::item_completed(const StreamEvent::OutputItemCompleted& item) {
  const std::string text = harness::text_of(item.item);
  show_held();
  const std::size_t shown = shown_bytes_[item.item_id];
  if (shown >= text.size()) {
    return;
  }
  if (item.kind == harness::ItemKind::text || item.kind == harness::ItemKind::refusal) {
    output(item.turn, item.item_id, std::string_view(text).substr(shown));
  } else if (item.kind == harness::ItemKind::reasoning) {
    reasoning(std::string_view(text).substr(shown));
  }
}

/// The end of an item, or of the answer, decides what looked like the front of a placeholder.
void RunView::show_held() {
  std::string shown;
  text_filter_.append(shown, restored_.finish());
  context_.out.write(shown);
}

void RunView::control_note(const StreamEvent& event) {
  if (const auto* queued = event.get_if<StreamEvent::HintQueued>(); queued != nullptr && queued->by != "user") {
    note("hint from " + queued->by + ": " + queued->text);
  } else if (const auto* delivered = event.get_if<StreamEvent::HintDelivered>(); delivered != nullptr) {
    note("hint delivered in turn " + std::to_string(delivered->turn));
  } else if (const auto* dropped = event.get_if<StreamEvent::HintDropped>(); dropped != nullptr) {
    note("hint dropped: " + dropped->reason);
  } else if (const auto* paused = event.get_if<StreamEvent::RunPaused>(); paused != nullptr) {
    note("paused by " + paused->by + "; `orchestrator resume " + run_id_ + "` goes on");
  } else if (const auto* resumed = event.get_if<StreamEvent::RunResumed>(); resumed != nullptr) {
    note("resumed by " + resumed->by);
  } else if (const auto* marked = event.get_if<StreamEvent::CheckpointCreated>(); marked != nullptr) {
    note("checkpoint " + marked->label);
  } else if (const auto* asked = event.get_if<StreamEvent::AbortRequested>(); asked != nullptr) {
    note("abort asked for by " + asked->by);
  } else if (const auto* trimmed = event.get_if<StreamEvent::ContextTrimmed>(); trimmed != nullptr) {
    note("context compacted (" + trimmed->policy + "): " + std::to_string(trimmed->dropped.size()) + " items left out" +
         (trimmed->summary ? ", a summary in their place" : ""));
  } else if (const auto* loop = event.get_if<StreamEvent::LoopSuspected>(); loop != nullptr) {
    note("the model keeps reading what compaction takes from it: " + loop->tool + ", " + std::to_string(loop->reads) +
         " times with the same arguments; a larger --context-tokens or a pinned text may help");
  } else if (const auto* gate = event.get_if<StreamEvent::GateEvaluated>(); gate != nullptr && !gate->passed) {
    const bool is_shadow = gate->mode == harness::GateMode::shadow;
    note("the rule " + quoted_text(gate->gate) + (is_shadow ? " would act on the " : " acts on the ") +
         (gate->phase == harness::GatePhase::tool ? "call" : std::string(harness::name_of(gate->phase))) + " (" +
         std::string(harness::name_of(gate->action)) + "): " + gate->reason);
  } else if (const auto* recalled = event.get_if<StreamEvent::MemoryRetrieved>(); recalled != nullptr) {
    note(recalled->error ? "going on without memory: " + recalled->error->message
                         : std::to_string(recalled->hits.size()) +
                               (recalled->hits.size() == 1 ? " memory recalled" : " memories recalled"));
  } else if (const auto* stored = event.get_if<StreamEvent::MemoryStored>(); stored != nullptr && stored->error) {
    note("the run left no memory: " + stored->error->message);
  }
}

/// What goes wrong with the provider, on stderr, and what is done about it.
bool RunView::retry_note(const StreamEvent& event) {
  if (const auto* failed = event.get_if<StreamEvent::AttemptFailed>(); failed != nullptr) {
    failure_ = failed->error.message;
  } else if (const auto* retry = event.get_if<StreamEvent::RetryScheduled>(); retry != nullptr) {
    note(failure_ + "; " +
         (retry->mode == harness::RetryMode::continue_answer ? "asking for the rest" : "trying again") +
         (retry->delay_ms == 0 ? "" : " in " + duration_text(retry->delay_ms * 1'000)) + remark_on(retry->mode));
  } else if (const auto* fallback = event.get_if<StreamEvent::FallbackSelected>(); fallback != nullptr) {
    note((failure_.empty() ? fallback->reason : failure_) + "; going on with " + fallback->to.str() +
         remark_on(fallback->mode));
  } else if (const auto* opened = event.get_if<StreamEvent::CircuitOpened>(); opened != nullptr) {
    failure_ = opened->model.str() + " kept failing and is left alone for " + duration_text(opened->open_ms * 1'000);
  } else if (const auto* unfit = event.get_if<StreamEvent::NegotiationFailed>(); unfit != nullptr) {
    if (!failure_.empty()) {
      note("no other model of the plan is fit: " + text_of_rejected(unfit->rejected));
    }
  } else if (const auto* closed = event.get_if<StreamEvent::CircuitClosed>(); closed != nullptr) {
    note(closed->model.str() + " works again");
  } else {
    return false;
  }
  return true;
}

/// Calls, on stderr: what is called, what a person decided, and what came of it.
bool RunView::tool_note(const StreamEvent& event) {
  const auto tool_of = [&](const std::string& call_id) {
    const auto known = tools_of_calls_.find(call_id);
    return known == tools_of_calls_.end() ? "call " + shortened(call_id) : known->second;
  };
  if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>(); requested != nullptr) {
    tools_of_calls_[requested->call_id] = shortened(requested->tool);
    note("tool " + shortened(requested->tool) + " " + shortened(requested->arguments));
  } else if (const auto* started = event.get_if<StreamEvent::ToolCallStarted>(); started != nullptr) {
    if (started->attempt > 1) {
      note("tool " + tool_of(started->call_id) + " again, attempt " + std::to_string(started->attempt));
    }
  } else if (const auto* raised = event.get_if<StreamEvent::InterruptRaised>(); raised != nullptr) {
    note("tool " + shortened(raised->tool) + " waits for an " +
         (raised->kind == harness::InterruptKind::approval ? "approval" : "answer: whether it happened is not known") +
         (raised->reason.empty() ? "" : ": " + shortened(raised->reason)));
  } else if (const auto* resolved = event.get_if<StreamEvent::InterruptResolved>(); resolved != nullptr) {
    note((resolved->decision == harness::InterruptDecision::deny ? "denied by " : "allowed by ") + resolved->by +
         (resolved->decision == harness::InterruptDecision::allow_run ? " for the rest of the run" : "") +
         (resolved->reason.empty() ? "" : ": " + shortened(resolved->reason)));
  } else if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>(); finished != nullptr) {
    const std::string line = finished->error ? finished->error->message : first_line(finished->result);
    note("tool " + tool_of(finished->call_id) + " " + std::string(word_of(finished->outcome)) + " after " +
         duration_text(finished->latency_us) + (line.empty() ? "" : ": " + shortened(line)));
    tools_of_calls_.erase(finished->call_id);
  } else {
    return false;
  }
  return true;
}

void RunView::ended(const StreamEvent& event) {
  finish_text();
  const std::string next = in_chat_ ? "" : "; next: orchestrator runs show " + run_id_;
  if (const auto* done = event.get_if<StreamEvent::Completed>(); done != nullptr) {
    const std::string more = in_chat_ ? "" : ", or orchestrator run --session " + session_id_ + " \"...\"";
    note(remark_on(done->finish_reason) + ": " +
         numbers_of(done->usage, done->cost_micro_usd, done->latencies, attempts_) + next + more);
  } else if (const auto* aborted = event.get_if<StreamEvent::Aborted>(); aborted != nullptr) {
    note("aborted by " + aborted->by + ": " +
         numbers_of(aborted->usage, aborted->cost_micro_usd, aborted->latencies, attempts_) + next);
  } else if (const auto* failed = event.get_if<StreamEvent::Error>(); failed != nullptr) {
    context_.notes.error(failed->error.message.empty() ? failed->error.code : failed->error.message);
  }
}

void RunView::know_call(const std::string& call_id, const std::string& tool) {
  tools_of_calls_[call_id] = shortened(tool);
}

void RunView::make_room() {
  context_.notes.end_line();
  if (context_.terminal.out_is_terminal) {
    end_output_line();
  }
}

void RunView::note(const std::string& text) {
  if (context_.terminal.out_is_terminal) {
    end_output_line();
  }
  context_.notes.note(text);
}

void RunView::end_output_line() {
  if (!context_.out.at_line_start()) {
    context_.out.write("\n");
    context_.out.flush();
  }
}

/// The text of an answer ends with its line, also in a pipe.
void RunView::finish_text() {
  show_held();
  context_.notes.end_line();
  end_output_line();
}

}  // namespace orchestrator::cli

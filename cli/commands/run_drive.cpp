// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run_drive.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "cli/commands/question_prompt.hpp"
#include "cli/commands/run_view.hpp"
#include "cli/control/control_socket.hpp"

namespace orchestrator::cli {
namespace {

using harness::Result;

// The look at a call may be coming to its end when its question is read already.
constexpr int kLetGoTries = 10;
constexpr std::chrono::milliseconds kLetGoTryTime{20};

bool is_refusal(const harness::Error& error, harness::RuntimeErrorCode code) {
  return error.code == harness::name_of(code);
}

class Drive {
 public:
  Drive(CommandContext& context, harness::RunHandle& run, const DriveOptions& options)
      : context_(context),
        run_(run),
        options_(options),
        view_(context, run.id(), options.in_chat, options.vault),
        questions_(options.questions) {
    for (const auto& [call_id, tool] : options.tools_of_calls) {
      view_.know_call(call_id, tool);
    }
  }

  ExitStatus read_to_end() {
    ExitStatus status = ExitStatus::failed;
    while (true) {
      if (auto done = see_to_questions(); !done) {
        return report(context_, done.error());
      }
      auto event = run_.next_blocking();
      if (!event) {
        return report(context_, event.error());
      }
      if (!*event) {
        return let_go_ ? waiting() : status;
      }
      seen_seq_ = (*event)->meta.seq;
      questions_.add(**event);
      view_.show(**event);
      if ((*event)->is_terminal()) {
        status = exit_status_of(**event);
      }
    }
  }

 private:
  /// Asks about what is open, or lets go of the run where nobody can be asked.
  Result<void> see_to_questions() {
    while (!let_go_ && !left_open_ && can_ask(context_)) {
      const OpenQuestion* question = next_question();
      if (question == nullptr) {
        return {};
      }
      view_.make_room();
      const harness::InterruptId id = question->raised.interrupt_id;
      auto outcome = ask_question(context_, run_, options_.executor, seen_seq_, *question);
      if (!outcome) {
        return std::unexpected(std::move(outcome.error()));
      }
      done_with_ = id;
      left_open_ = *outcome == PromptOutcome::left_open;
      if (*outcome != PromptOutcome::left_open) {
        return {};  // what follows from it is in the events
      }
    }
    return questions_.list().empty() || let_go_ ? Result<void>{} : let_go();
  }

  /// The oldest open question that was not asked yet: the event that closes the last one is still to be read.
  const OpenQuestion* next_question() const {
    const auto& open = questions_.list();
    const bool is_settled = done_with_ && !open.empty() && open.front().raised.interrupt_id == *done_with_;
    return open.empty() || is_settled ? nullptr : &open.front();
  }

  /// Possible once nothing but questions is open; until then further events come.
  Result<void> let_go() {
    for (int tries = 0; tries < kLetGoTries; ++tries) {
      auto done = run_.control().detach();
      if (done || is_refusal(done.error(), harness::RuntimeErrorCode::run_not_active)) {
        let_go_ = done.has_value();
        return {};
      }
      if (!is_refusal(done.error(), harness::RuntimeErrorCode::precondition_failed)) {
        return done;
      }
      std::this_thread::sleep_for(kLetGoTryTime);
    }
    return {};
  }

  ExitStatus waiting() {
    context_.out.flush();
    if (!options_.store_lasts) {
      context_.notes.error("the run waits for an approval, and ends with this program: its store is memory:");
      return ExitStatus::waiting;
    }
    for (const OpenQuestion& question : questions_.list()) {
      context_.notes.note("waiting for an approval: " + approve_command_line(run_.id(), question.raised.call_id));
    }
    context_.notes.note("then go on with: orchestrator resume " + run_.id().str());
    return ExitStatus::waiting;
  }

  CommandContext& context_;
  harness::RunHandle& run_;
  const DriveOptions& options_;
  RunView view_;
  OpenQuestions questions_;
  std::optional<harness::InterruptId> done_with_;
  std::uint64_t seen_seq_ = 0;
  bool left_open_ = false;
  bool let_go_ = false;
};

}  // namespace

ExitStatus drive_run(CommandContext& context, Result<harness::RunHandle> run, StopSignals& signals,
                     const DriveOptions& options) {
  if (!run) {
    return report(context, run.error());
  }
  signals.watch(run->id(), run->control());
  auto socket = ControlSocket::open(options.executor, options.folders, run->id(), run->control());
  if (!socket) {
    context.notes.note("this run cannot be controlled by other processes: " + socket.error().message);
  }
  const ExitStatus status = Drive(context, *run, options).read_to_end();
  signals.release();
  return status;
}

}  // namespace orchestrator::cli

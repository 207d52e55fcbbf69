// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/question_prompt.hpp"

#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "cli/commands/question_text.hpp"
#include "cli/input/line_input.hpp"
#include "cli/input/prompt.hpp"

namespace orchestrator::cli {
namespace {

namespace asio = boost::asio;
using harness::InterruptDecision;
using harness::InterruptKind;
using harness::Result;

/// Becomes readable once a question needs no answer any more: it was answered elsewhere, or the run has ended.
class SettledWatch {
 public:
  SettledWatch(asio::any_io_executor executor, harness::RunHandle reader, harness::InterruptId id)
      : executor_(std::move(executor)), shared_(std::make_shared<Shared>(std::move(reader), std::move(id))) {
    asio::post(executor_, [executor = executor_, shared = shared_] {
      asio::co_spawn(executor, read(shared),
                     asio::bind_cancellation_slot(shared->cancelled.slot(),
                                                  [shared](const std::exception_ptr&) { shared->wake(); }));
    });
  }
  SettledWatch(const SettledWatch&) = delete;
  SettledWatch& operator=(const SettledWatch&) = delete;
  ~SettledWatch() {
    asio::post(executor_, [shared = shared_] { shared->cancelled.emit(asio::cancellation_type::terminal); });
  }

  [[nodiscard]] int descriptor() const { return shared_->number; }

 private:
  struct Shared {
    Shared(harness::RunHandle handle, harness::InterruptId which)
        : reader(std::move(handle)), id(std::move(which)), number(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::close(number); }
    void wake() const {
      const std::uint64_t one = 1;
      static_cast<void>(!::write(number, &one, sizeof one));
    }
    harness::RunHandle reader;
    harness::InterruptId id;
    int number;
    asio::cancellation_signal cancelled;
  };

  static asio::awaitable<void> read(std::shared_ptr<Shared> shared) {
    OpenQuestions questions;
    harness::StreamEvent asked;
    harness::StreamEvent::InterruptRaised raised;
    raised.interrupt_id = shared->id;
    asked.payload = std::move(raised);
    questions.add(asked);
    while (questions.is_open(shared->id)) {
      Result<std::optional<harness::StreamEvent>> event = co_await shared->reader.next();
      if (!event || !*event) {
        co_return;
      }
      questions.add(**event);
    }
  }

  asio::any_io_executor executor_;
  std::shared_ptr<Shared> shared_;  // shared with the coroutine
};

constexpr std::string_view kApprovalKeys = "[y] once  [a] for the rest of the run  [n] deny  [q] abort the run: ";
constexpr std::string_view kOneCallKeys = "[y] allow this call  [n] deny  [q] abort the run: ";
constexpr std::string_view kClarificationKeys = "[y] make the call again  [n] leave it  [q] abort the run: ";
constexpr std::string_view kReason = "why (told to the model; may be empty): ";

struct Choice {
  enum class Kind : std::uint8_t { answer, abort, ask_again } kind = Kind::ask_again;
  InterruptDecision decision = InterruptDecision::deny;
};

// Where others may have put the call into the model's mind, an answer is for this call alone.
bool is_for_run_possible(const harness::StreamEvent::InterruptRaised& raised) {
  return raised.kind == InterruptKind::approval && raised.reason.empty();
}

std::string_view keys_of(const harness::StreamEvent::InterruptRaised& raised) {
  if (raised.kind == InterruptKind::clarification) {
    return kClarificationKeys;
  }
  return is_for_run_possible(raised) ? kApprovalKeys : kOneCallKeys;
}

Choice read_choice(const std::string& line, const harness::StreamEvent::InterruptRaised& raised) {
  if (line == "y" || line == "Y" || line == "yes") {
    return {Choice::Kind::answer, InterruptDecision::allow_once};
  }
  if ((line == "a" || line == "A") && is_for_run_possible(raised)) {
    return {Choice::Kind::answer, InterruptDecision::allow_run};
  }
  if (line == "n" || line == "N" || line == "no") {
    return {Choice::Kind::answer, InterruptDecision::deny};
  }
  return {line == "q" || line == "Q" ? Choice::Kind::abort : Choice::Kind::ask_again, InterruptDecision::deny};
}

PromptOutcome outcome_without_line(CommandContext& context, LineInput::Outcome outcome) {
  context.notes.block("\n");
  return outcome == LineInput::Outcome::end ? PromptOutcome::left_open : PromptOutcome::settled;
}

/// Records the answer. A question that somebody else has answered meanwhile is settled.
Result<PromptOutcome> record(const harness::RunHandle& run, harness::InterruptAnswer answer) {
  auto done = run.control().resolve(std::move(answer));
  if (done) {
    return PromptOutcome::answered;
  }
  const auto is = [&](harness::RuntimeErrorCode code) { return done.error().code == harness::name_of(code); };
  if (is(harness::RuntimeErrorCode::precondition_failed) || is(harness::RuntimeErrorCode::run_not_active)) {
    return PromptOutcome::settled;
  }
  return std::unexpected(std::move(done.error()));
}

}  // namespace

bool can_ask(const CommandContext& context) {
  return context.terminal.in_is_terminal && context.terminal.err_is_terminal && !context.invocation.has("--json");
}

Result<PromptOutcome> ask_question(CommandContext& context, const harness::RunHandle& run,
                                   asio::any_io_executor executor, std::uint64_t seen_seq,
                                   const OpenQuestion& question) {
  const SettledWatch settled(std::move(executor), run.reader(seen_seq), question.raised.interrupt_id);
  LineInput input(STDIN_FILENO, settled.descriptor());
  ::tcflush(STDIN_FILENO, TCIFLUSH);  // what was typed before is no answer to this
  context.notes.block(question_text(question, context.terminal.columns));
  while (true) {
    context.notes.block(keys_of(question.raised));
    std::string line;
    auto read = input.next(line);
    if (read == LineInput::Outcome::end || read == LineInput::Outcome::interrupted) {
      return outcome_without_line(context, read);
    }
    const Choice choice = read_choice(line, question.raised);
    if (read == LineInput::Outcome::too_long || choice.kind == Choice::Kind::ask_again) {
      continue;
    }
    if (choice.kind == Choice::Kind::abort) {
      auto aborted = run.abort();
      return aborted ? Result<PromptOutcome>(PromptOutcome::aborted) : std::unexpected(std::move(aborted.error()));
    }
    harness::InterruptAnswer answer{question.raised.interrupt_id, choice.decision, "user", {}};
    if (choice.decision == InterruptDecision::deny) {
      context.notes.block(kReason);
      read = input.next(answer.reason);
      if (read == LineInput::Outcome::interrupted) {
        return outcome_without_line(context, read);
      }
      if (!answer.reason.empty() && !check_text(answer.reason, "the reason")) {
        answer.reason.clear();
      }
    }
    return record(run, std::move(answer));
  }
}

}  // namespace orchestrator::cli

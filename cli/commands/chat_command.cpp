// SPDX-License-Identifier: Apache-2.0
// `orchestrator chat`

#include <unistd.h>

#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/redaction_choice.hpp"
#include "cli/commands/run_drive.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/commands/session_choice.hpp"
#include "cli/input/line_input.hpp"
#include "cli/input/prompt.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::string_view kHelp =
    "Each line is a message; a line that ends with \\ goes on with the next. /session shows the session, /quit or "
    "Ctrl-D leaves, Ctrl-C aborts the answer under way.";

/// What the person at the keyboard wants next.
struct Message {
  enum class Kind : std::uint8_t { text, leave, interrupted } kind = Kind::leave;
  std::string text;
};

class Conversation {
 public:
  Conversation(CommandContext& context, StopSignals& signals, std::string session_id)
      : context_(context), session_id_(std::move(session_id)), input_(STDIN_FILENO, signals.idle_descriptor()) {}

  /// Reads lines up to a whole message; commands are carried out on the way.
  Message next() {
    std::string text;
    while (true) {
      prompt(text.empty() ? "> " : "... ");
      std::string line;
      switch (input_.next(line)) {
        case LineInput::Outcome::end:
          prompt("\n");
          return {text.empty() ? Message::Kind::leave : Message::Kind::text, std::move(text)};
        case LineInput::Outcome::interrupted:
          prompt("\n");
          return {Message::Kind::interrupted, {}};
        case LineInput::Outcome::too_long:
          context_.notes.error("a line is longer than 1 MiB and was left out");
          continue;
        case LineInput::Outcome::line:
          break;
      }
      if (line.ends_with('\\')) {
        text += line.substr(0, line.size() - 1) + "\n";
        continue;
      }
      text += line;
      if (text == "/quit" || text == "/exit") {
        return {};
      }
      if (!text.starts_with('/')) {
        if (text.find_first_not_of(" \t\n") != std::string::npos) {
          return {Message::Kind::text, std::move(text)};
        }
      } else if (text == "/session") {
        context_.notes.note("session " + session_id_);
      } else {
        context_.notes.note(kHelp);
      }
      text.clear();
    }
  }

 private:
  /// Only a person sees a prompt; it goes to stderr, so that stdout holds answers alone.
  void prompt(std::string_view text) {
    if (context_.terminal.in_is_terminal && context_.terminal.err_is_terminal) {
      static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
    }
  }

  CommandContext& context_;
  std::string session_id_;
  LineInput input_;
};

}  // namespace

ExitStatus chat_command(CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  auto request = make_run_request(context.invocation, *configuration);
  if (!request) {
    return report(context, request.error());
  }
  auto harness = make_harness(context, *configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  auto session = choose_session(context, *configuration, *harness);
  if (!session) {
    return report(context, session.error());
  }
  const std::string session_id = session->id().str();
  context.notes.note("session " + session_id + (context.terminal.in_is_terminal ? "; /help says more" : ""));
  StopSignals signals(harness->executor(), context.notes);
  const DriveOptions options{harness->executor(),
                             configuration->folders(),
                             true,
                             is_lasting(*configuration),
                             {},
                             {},
                             display_vault(context, *configuration)};
  Conversation conversation(context, signals, session_id);
  ExitStatus last = ExitStatus::done;
  while (true) {
    Message message = conversation.next();
    if (message.kind != Message::Kind::text) {
      context.notes.note("go on with: orchestrator chat --session " + session_id);
      if (message.kind == Message::Kind::interrupted) {
        return ExitStatus::aborted;
      }
      // A person saw how each answer ended; a script learns how the last one did.
      return context.terminal.in_is_terminal ? ExitStatus::done : last;
    }
    if (auto checked = check_text(message.text, "the message"); !checked) {
      last = report(context, checked.error());
      continue;
    }
    last = drive_run(context, build_run(*request, *session, std::move(message.text)).start(), signals, options);
    if (last == ExitStatus::waiting) {
      return last;  // the session waits with its run
    }
    request->files.clear();  // the files and hints of the command line go with the first message
    request->hints.clear();
  }
}

}  // namespace orchestrator::cli

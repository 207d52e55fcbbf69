// SPDX-License-Identifier: Apache-2.0
// Three turns of one session by coroutine: each run sees what the ones before left. A hint joins the second on the way.
// Usage: i02_multi_turn_streaming [PROVIDER/MODEL]
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <iostream>
#include <optional>
#include <string>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;
namespace asio = boost::asio;

namespace {

// Reads one run to its end; prints the answer and the life of its hints.
asio::awaitable<bool> show(oh::RunHandle* run) {
  for (;;) {
    auto event = co_await run->next();
    if (!event) {
      std::cerr << event.error().message << "\n";
      co_return false;
    }
    if (!*event) co_return false;
    if (const auto* delta = (*event)->get_if<oh::StreamEvent::OutputDelta>()) std::cout << delta->text << std::flush;
    if (const auto* hint = (*event)->get_if<oh::StreamEvent::HintDelivered>()) {
      std::cout << "\n  [the hint went in with turn " << hint->turn << "]\n";
    }
    if (const auto* error = (*event)->get_if<oh::StreamEvent::Error>()) std::cerr << error->error.message << "\n";
    if ((*event)->is_terminal()) {
      std::cout << "\n";
      co_return (*event)->get_if<oh::StreamEvent::Completed>() != nullptr;
    }
  }
}

asio::awaitable<bool> converse(oh::Session session, std::optional<std::string> model) {
  const std::array<std::string, 3> prompts{"Name a colour.", "Name another one.", "Which colours did you name?"};
  for (const std::string& prompt : prompts) {
    std::cout << "> " << prompt << "\n";
    auto request = session.run(prompt);
    if (model) request.model(*model);
    if (prompt == prompts[1]) request.hint("A warm one, please.", oh::HintPriority::after_turn);
    auto run = co_await request.async_start();
    if (!run) {
      std::cerr << run.error().message << "\n";
      co_return false;
    }
    if (!co_await show(&*run)) co_return false;
  }
  std::cout << "The session " << session.id().str() << " now holds " << session.history().size() << " items.\n";
  co_return true;
}

}  // namespace

int main(int argc, char** argv) {
  auto harness = oh::HarnessBuilder::from_environment().build();
  if (!harness) {
    std::cerr << harness.error().message << "\n";
    return 1;
  }
  std::optional<std::string> model;
  if (argc > 1) model = argv[1];
  auto done = asio::co_spawn(harness->executor(), converse(harness->session(), model), asio::use_future);
  return done.get() ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
// An HTTP resource that a run makes, taken back by a compensator of your own, and the undo taken back as well. Server
// and model come with the example: no key, no network.
// Usage: undo_http
#include <iostream>
#include <string>

#include "note_server.hpp"
#include "notes.hpp"
#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

namespace {

constexpr const char* kScript = R"({"turns":[
  {"tool_calls":[{"id":"c1","name":"create_note","arguments":{"text":"milk"}},
                 {"id":"c2","name":"create_note","arguments":{"text":"bread"}}]},
  {"text":"Two notes are made."}]})";

// Shows the plan, then carries it out; the undo's id.
oh::Result<oh::RunId> take_back(oh::Harness& harness, oh::RunId id) {
  auto plan = harness.plan_undo(id);
  if (!plan) return std::unexpected(plan.error());
  for (const oh::UndoStep& step : plan->steps) std::cout << "  " << step.call_id << ": " << step.reason << "\n";
  auto undo = harness.undo(id, *plan);
  if (!undo) return std::unexpected(undo.error());
  for (const oh::StreamEvent& event : undo->events()) {
    if (const auto* error = event.get_if<oh::StreamEvent::Error>()) return std::unexpected(error->error);
  }
  return undo->id();
}

}  // namespace

int main() {
  const NoteServer server;
  auto harness = oh::HarnessBuilder()
                     .provider(oh::scripted_provider({{"notes", kScript}}).value())
                     .default_model("scripted/notes")
                     .tool(create_note_tool(server.port()))
                     .compensator("create_note", note_compensator(server.port()))
                     .build();
  if (!harness) {
    std::cerr << harness.error().message << "\n";
    return 2;
  }
  auto run = harness->session().run("Note down milk and bread.").start();
  if (!run || !run->wait()) return 1;
  std::cout << "after the run: " << server.notes().size() << " notes\n";
  const auto made = server.notes();

  const auto undo = take_back(*harness, run->id());
  if (!undo) {
    std::cerr << undo.error().message << "\n";
    return 1;
  }
  std::cout << "after the undo: " << server.notes().size() << " notes\n";
  const bool is_gone = server.notes().empty();

  const auto redo = take_back(*harness, *undo);
  if (!redo) {
    std::cerr << redo.error().message << "\n";
    return 1;
  }
  std::cout << "after undoing the undo: " << server.notes().size() << " notes\n";
  return is_gone && server.notes() == made ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
// A run changes files and its process ends. A new process, which has nothing but the store, replays the run without
// calling anything, shows what an undo would do, and takes the changes back.
// Usage: i07_replay_undo work FOLDER    makes the run in FOLDER and prints its id
//        i07_replay_undo back RUN       replays and undoes it
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

namespace {

constexpr const char* kScript = R"({"turns":[
  {"tool_calls":[{"id":"c1","name":"edit_file","arguments":{"path":"notes.txt","old":"draft","new":"final"}}]},
  {"tool_calls":[{"id":"c2","name":"write_file","arguments":{"path":"summary.txt","content":"One note, final.\n"}}]},
  {"tool_calls":[{"id":"c3","name":"delete_file","arguments":{"path":"old.txt"}}]},
  {"text":"notes.txt is final, summary.txt is new, old.txt is gone."}]})";

int failed(const oh::Error& error) {
  std::cerr << error.code << ": " << error.message << "\n";
  return 1;
}

void write(const std::filesystem::path& path, const char* text) { std::ofstream(path) << text; }

// Somebody's files, and a model that changes them.
int work(const std::string& folder) {
  std::filesystem::create_directories(folder);
  write(std::filesystem::path(folder) / "notes.txt", "a draft\n");
  write(std::filesystem::path(folder) / "old.txt", "no longer needed\n");
  auto model = oh::scripted_provider({{"tidy", kScript}});
  if (!model) return failed(model.error());
  auto builder = oh::HarnessBuilder::from_environment();
  for (const auto& tool : oh::workspace_tools()) builder.tool(tool);
  auto harness = builder.provider(*model).build();
  if (!harness) return failed(harness.error());
  auto run = harness->session()
                 .run("Tidy up.")
                 .model("scripted/tidy")
                 .workspace(folder)
                 .approval(oh::ApprovalMode::never)
                 .start();
  if (!run) return failed(run.error());
  auto result = run->wait();
  if (!result) return failed(result.error());
  std::cout << run->id().str() << "\n";
  return 0;
}

// No model and no tool: what happened is in the journal, and how to take it back is, too.
int back(const oh::RunId& id) {
  auto harness = oh::HarnessBuilder::from_environment().build();
  if (!harness) return failed(harness.error());

  auto replay = harness->replay(id);
  if (!replay) return failed(replay.error());
  for (const oh::StreamEvent& event : replay->events()) {
    if (const auto* matched = event.get_if<oh::StreamEvent::ReplayMatched>()) {
      std::cout << "replayed " << matched->events << " events, all the same\n";
    }
    if (const auto* error = event.get_if<oh::StreamEvent::Error>()) return failed(error->error);
  }

  auto plan = harness->plan_undo(id);
  if (!plan) return failed(plan.error());
  for (const oh::UndoStep& step : plan->steps) std::cout << "will undo " << step.tool << ": " << step.reason << "\n";
  auto undo = harness->undo(id, *plan);
  if (!undo) return failed(undo.error());
  for (const oh::StreamEvent& event : undo->events()) {
    if (const auto* step = event.get_if<oh::StreamEvent::CompensationFinished>()) {
      std::cout << step->call_id
                << (step->outcome == oh::CompensationOutcome::restored ? " restored\n" : " not restored\n");
    }
    if (const auto* error = event.get_if<oh::StreamEvent::Error>()) return failed(error->error);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "work") return work(argv[2]);
  const auto id = what == "back" ? oh::RunId::parse(argv[2]) : std::nullopt;
  if (id) return back(*id);
  std::cerr << "usage: i07_replay_undo work FOLDER | back RUN\n";
  return 2;
}

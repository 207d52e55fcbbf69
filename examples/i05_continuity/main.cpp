// SPDX-License-Identifier: Apache-2.0
// A fact that one process learns is used by the next, and by nobody else. Two harnesses stand for the two processes;
// with the words `learn` and `ask` they are two.
// Usage: i05_continuity [learn|ask DATABASE [MODEL]]
//   MODEL answers the question instead of a script, such as local/smollm2-135m-instruct.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/harness.hpp"
#include "orchestrator/harness/memory_tools.hpp"

namespace oh = orchestrator::harness;

namespace {

constexpr std::array kScripts{
    std::pair{"learn",
              R"({"turns":[{"tool_calls":[{"name":"remember","arguments":{"text":)"
              R"("The spare key of the house is under the blue flower pot."}}]},{"text":"I will remember that."}]})"},
    std::pair{"ask", R"({"turns":[{"text":"It is under the blue flower pot."}]})"}};

oh::Result<oh::Harness> make_harness(const std::shared_ptr<oh::MemoryStore>& memory) {
  auto scripts = oh::scripted_provider({kScripts.begin(), kScripts.end()});
  if (!scripts) return std::unexpected(scripts.error());
  oh::HarnessBuilder builder = oh::HarnessBuilder::from_environment();
  builder.provider(*scripts).memory(memory);
  for (auto& tool : oh::memory_tools({memory, "ada"})) builder.tool(std::move(tool));
  return builder.build();
}

int failed(const oh::Error& error) {
  std::cerr << error.message << "\n";
  return 1;
}

// The model keeps the fact by a tool call.
int learn(const std::string& database) {
  auto memory = oh::open_memory_store("sqlite:" + database);
  if (!memory) return failed(memory.error());
  auto harness = make_harness(*memory);
  if (!harness) return failed(harness.error());
  auto run = harness->session().run("The spare key is under the blue flower pot.").model("scripted/learn").start();
  if (!run) return failed(run.error());
  auto done = run->wait();
  if (!done) return failed(done.error());
  std::cout << "learned: " << done->text << "\n";
  return 0;
}

// A run of `user` that looks up what is known before it asks the model. What it found is in its journal, and a replay
// asks no store.
oh::Result<oh::RunHandle> start(oh::Harness& harness, const std::string& user, const std::string& model) {
  oh::MemoryPolicy policy;
  policy.user = user;
  policy.recall_max = 3;
  return harness.session().run("Where is the spare key of the house?").model(model).memory(policy).start();
}

std::vector<oh::events::RetrievedMemory> recalled(oh::RunHandle& run) {
  for (const oh::StreamEvent& event : run.events()) {
    if (const auto* retrieved = event.get_if<oh::StreamEvent::MemoryRetrieved>()) return retrieved->hits;
  }
  return {};
}

int ask(const std::string& database, const std::string& model) {
  auto memory = oh::open_memory_store("sqlite:" + database);
  if (!memory) return failed(memory.error());
  auto harness = make_harness(*memory);
  if (!harness) return failed(harness.error());
  auto run = start(*harness, "ada", model);
  if (!run) return failed(run.error());
  const auto known = recalled(*run);
  for (const auto& memory_of_ada : known) std::cout << "known: " << memory_of_ada.text << "\n";
  auto done = run->wait();
  if (!done) return failed(done.error());
  std::cout << "answer: " << done->text << "\n";
  auto of_another = start(*harness, "bob", model);
  if (!of_another) return failed(of_another.error());
  const auto known_to_bob = recalled(*of_another);
  std::cout << "known to another user: " << known_to_bob.size() << " memories\n";
  return known.empty() || !known_to_bob.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 2 && words[0] == "learn") return learn(words[1]);
  if (words.size() >= 2 && words[0] == "ask") return ask(words[1], words.size() > 2 ? words[2] : "scripted/ask");
  const auto folder = std::filesystem::temp_directory_path() / ("i05_continuity." + std::to_string(::getpid()));
  const std::string database = (folder / "memory.db").string();
  const int status = learn(database) + ask(database, "scripted/ask");
  std::filesystem::remove_all(folder);
  return status;
}

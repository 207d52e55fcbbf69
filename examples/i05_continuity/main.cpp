// SPDX-License-Identifier: Apache-2.0
// A fact that one process learns is used by the next, and by nobody else. Two harnesses stand for the two processes;
// with the words `learn` and `ask` they are two.
// Usage: i05_continuity [learn|ask DATABASE [MODEL]]
//   MODEL answers the question instead of a script, such as local/smollm2-135m-instruct.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <chrono>
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
  builder.provider(*scripts);
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

oh::Result<std::vector<oh::MemoryHit>> search(const std::shared_ptr<oh::MemoryStore>& memory, const std::string& user,
                                              const std::string& question) {
  oh::MemoryQuery query;
  query.text = question;
  query.user = user;
  query.limit = 3;
  query.now.unix_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  boost::asio::io_context io;
  auto hits = boost::asio::co_spawn(io, memory->search(query), boost::asio::use_future);
  io.run();
  return hits.get();
}

// What is known goes with the question as pinned text: it is in the run's journal, and a replay asks no store.
int ask(const std::string& database, const std::string& model) {
  const std::string question = "Where is the spare key of the house?";
  auto memory = oh::open_memory_store("sqlite:" + database);
  if (!memory) return failed(memory.error());
  auto harness = make_harness(*memory);
  if (!harness) return failed(harness.error());
  const auto hits = search(*memory, "ada", question);
  if (!hits) return failed(hits.error());
  auto request = harness->session().run(question).model(model);
  for (const oh::MemoryHit& hit : *hits) {
    std::cout << "known: " << hit.memory.text << "\n";
    request.pin(hit.memory.id.str(), "You know this: " + hit.memory.text);
  }
  auto run = request.start();
  if (!run) return failed(run.error());
  auto done = run->wait();
  if (!done) return failed(done.error());
  std::cout << "answer: " << done->text << "\n";
  const auto of_others = search(*memory, "bob", question);
  if (!of_others) return failed(of_others.error());
  std::cout << "known to another user: " << of_others->size() << " memories\n";
  return hits->empty() || !of_others->empty() ? 1 : 0;
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

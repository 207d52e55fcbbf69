// SPDX-License-Identifier: Apache-2.0
// The tool loop on this project's own library, by its public interface: one run after another, each eleven model calls
// with a trivial tool between them.
//   client --base-url URL --loops N [--warmup W] [--steps S] [--store memory:|jsonl:DIR] [--effect pure|idempotent]
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/harness.hpp"
#include "process_meters.hpp"

namespace bench {
namespace {

namespace oh = orchestrator::harness;
namespace asio = boost::asio;

// What the coroutine and its tool count; touched by the harness's thread alone while a phase runs.
struct Tally {
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  std::vector<std::uint64_t> loop_ns;
};

class AddOne : public oh::Tool {
 public:
  AddOne(oh::EffectClass effect, Tally* tally) : tally_(tally) {
    spec_.name = "add_one";
    spec_.description = "Adds one.";
    spec_.input_schema = {
        R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})"};
    spec_.effect_class = effect;
  }
  const oh::ToolSpec& spec() const override { return spec_; }
  oh::Awaitable<oh::ToolResult> execute(oh::ToolCall call, oh::ToolPreparation, oh::ToolContext) override {
    ++tally_->calls;
    const std::string& json = call.arguments.text;
    const long number = std::strtol(json.c_str() + json.find(':') + 1, nullptr, 10);
    co_return oh::ToolResult::text(std::to_string(number + 1));
  }

 private:
  oh::ToolSpec spec_;
  Tally* tally_;  // outlives the harness
};

asio::awaitable<void> run_loops(oh::Harness* harness, std::string model, std::uint32_t loops, Tally* tally) {
  for (std::uint32_t i = 0; i < loops; ++i) {
    const std::uint64_t start_ns = now_ns();
    auto request = harness->session().run("Add one ten times.");
    request.model(model).approval(oh::ApprovalMode::never);
    auto run = co_await request.async_start();
    if (!run) {
      std::fprintf(stderr, "%s\n", run.error().message.c_str());
      ++tally->failed;
      continue;
    }
    auto result = co_await run->result();
    const bool is_good = result && result->is_completed() && !result->text.empty();
    if (!is_good) {
      std::fprintf(stderr, "%s\n", result ? "a run did not complete" : result.error().message.c_str());
      ++tally->failed;
    }
    tally->loop_ns.push_back(now_ns() - start_ns);
  }
}

void print_report(const Tally& tally, std::uint32_t loops, double wall_s, double cpu) {
  std::printf(
      "{\"client\":\"ours\",\"loops\":%u,\"failed\":%llu,\"tool_calls\":%llu,\"wall_s\":%.6f,\"cpu_s\":%.6f,"
      "\"rss_mib\":%.2f,\"loop_ns\":[",
      loops, static_cast<unsigned long long>(tally.failed), static_cast<unsigned long long>(tally.calls), wall_s, cpu,
      peak_rss_mib());
  for (std::size_t i = 0; i < tally.loop_ns.size(); ++i)
    std::printf("%s%llu", i == 0 ? "" : ",", static_cast<unsigned long long>(tally.loop_ns[i]));
  std::printf("]}\n");
}

int usage(const std::string& what) {
  std::fprintf(stderr,
               "%s; usage: client --base-url URL --loops N [--warmup W] [--steps S]"
               " [--store memory:|jsonl:DIR] [--effect pure|idempotent]\n",
               what.c_str());
  return 2;
}

int run(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"--base-url", ""}, {"--loops", "1"},       {"--warmup", "0"},
                                                {"--steps", "10"},  {"--store", "memory:"}, {"--effect", "pure"}};
  for (int i = 1; i < argc; i += 2) {
    if (!options.contains(argv[i])) return usage(std::string("unknown option '") + argv[i] + "'");
    if (i + 1 >= argc) return usage(std::string(argv[i]) + " needs a value");
    options[argv[i]] = argv[i + 1];
  }
  const auto loops = static_cast<std::uint32_t>(std::strtoul(options["--loops"].c_str(), nullptr, 10));
  const auto warmup = static_cast<std::uint32_t>(std::strtoul(options["--warmup"].c_str(), nullptr, 10));
  const std::string& effect = options["--effect"];
  if (options["--base-url"].empty() || loops == 0) return usage("--base-url and --loops (1 or more) are needed");
  if (effect != "pure" && effect != "idempotent") return usage("unknown effect '" + effect + "'");
  Tally tally;
  oh::OpenAiConfig config;
  config.base_url = options["--base-url"];
  config.api_key = "bench";
  auto provider = oh::openai_provider(config);
  if (!provider) return usage(provider.error().message);
  const auto effect_class = effect == "pure" ? oh::EffectClass::pure : oh::EffectClass::idempotent;
  auto harness = oh::HarnessBuilder()
                     .store(options["--store"])
                     .provider(*provider)
                     .tool(std::make_shared<AddOne>(effect_class, &tally))
                     .build();
  if (!harness) return usage(harness.error().message);
  const std::string model = "openai/mock-tools-" + options["--steps"];
  const auto phase = [&](std::uint32_t count) {
    tally = Tally();
    asio::co_spawn(harness->executor(), run_loops(&*harness, model, count, &tally), asio::use_future).get();
  };
  phase(warmup);
  const double cpu_before = cpu_s();
  const std::uint64_t start_ns = now_ns();
  phase(loops);
  const double wall_s = static_cast<double>(now_ns() - start_ns) * 1e-9;
  print_report(tally, loops, wall_s, cpu_s() - cpu_before);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }

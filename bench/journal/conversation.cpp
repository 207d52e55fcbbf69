// SPDX-License-Identifier: Apache-2.0
// The same conversation as ../peers/journal/langgraph_client.py, on this project's own library: so many turns of plain
// answers in one session, or one answer after so many calls of a tool. The model is a script; texts are equal there.
//   bench_journal_conversation --store URL (--turns N | --steps N)
// Prints one JSON line.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "command_line.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/harness.hpp"
#include "process_meters.hpp"

namespace bench {
namespace {

namespace oh = orchestrator::harness;

constexpr const char* kQuestion = "Read the next part of the report and tell what it says.";
constexpr const char* kAnswer =
    "The part describes how the valves were measured: each was opened ten times at three pressures, the times were "
    "taken by two clocks, and what they disagreed on was measured again on the next day. Two of the forty valves "
    "opened late at the lowest pressure, and both had been mended before. The authors ask for a third series.";
constexpr const char* kToolResult = "Part of forty: ten openings, three pressures, two clocks, one repetition.";

class ReadPart : public oh::Tool {
 public:
  ReadPart() {
    spec_.name = "read_part";
    spec_.description = "Reads a part of the report.";
    spec_.input_schema = {R"({"type":"object","properties":{"part":{"type":"integer"}},"required":["part"]})"};
    spec_.effect_class = oh::EffectClass::pure;
  }
  const oh::ToolSpec& spec() const override { return spec_; }
  oh::Awaitable<oh::ToolResult> execute(oh::ToolCall, oh::ToolPreparation, oh::ToolContext) override {
    co_return oh::ToolResult::text(kToolResult);
  }

 private:
  oh::ToolSpec spec_;
};

std::string script(std::uint64_t steps) {
  std::string turns;
  for (std::uint64_t step = 1; step <= steps; ++step) {
    turns += R"({"tool_calls":[{"name":"read_part","arguments":{"part":)" + std::to_string(step) + "}}]},";
  }
  return R"({"turns":[)" + turns + R"({"text":")" + kAnswer + R"(","delta_chars":20}]})";
}

int run(int argc, char** argv) {
  const CommandLine options(argc, argv, {{"--store", ""}, {"--turns", "0"}, {"--steps", "0"}});
  const std::uint64_t steps = options.count("--steps");
  const std::uint64_t turns = steps > 0 ? 1 : options.count("--turns");
  if (turns == 0 || options.text("--store").empty())
    options.refuse("--store and a number of turns or steps are needed");
  auto provider = oh::scripted_provider({{"report", script(steps)}});
  if (!provider) options.refuse(provider.error().message);
  oh::HarnessBuilder builder;
  builder.store(options.text("--store")).provider(*provider).default_model("scripted/report");
  auto harness = builder.tool(std::make_shared<ReadPart>()).build();
  if (!harness) options.refuse(harness.error().message);
  const double cpu_before = cpu_s();
  const std::uint64_t start_ns = now_ns();
  auto session = harness->session();
  std::uint64_t failed = 0;
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    auto request = session.run(kQuestion);
    auto started = request.approval(oh::ApprovalMode::never).start();
    auto result = started ? started->wait() : std::unexpected(started.error());
    if (result && result->is_completed() && result->text == kAnswer) continue;
    ++failed;
    std::fprintf(stderr, "%s\n", result ? "a run did not complete" : result.error().message.c_str());
  }
  const double wall_s = static_cast<double>(now_ns() - start_ns) * 1e-9;
  std::printf("{\"units\":%ju,\"failed\":%ju,\"wall_s\":%.6f,\"cpu_s\":%.6f,\"rss_mib\":%.2f}\n",
              static_cast<std::uintmax_t>(steps > 0 ? steps : turns), static_cast<std::uintmax_t>(failed), wall_s,
              cpu_s() - cpu_before, peak_rss_mib());
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }

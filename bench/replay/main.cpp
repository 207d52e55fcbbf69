// SPDX-License-Identifier: Apache-2.0
// ./dev bench replay [--quick]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/context/duration.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/journal_replay.hpp"
#include "sim/simulation.hpp"

namespace {

using namespace orchestrator::harness;

constexpr std::size_t kRounds = 5;
constexpr std::uint64_t kPieceUs = 20'000;

struct Shape {
  std::size_t turns = 1;
  std::size_t pieces_per_turn = 1;
  std::size_t pieces_per_step = 1;
};

sim::AnswerPlan answer_of(const Shape& shape, std::size_t turn, bool is_last) {
  sim::AnswerPlan answer;
  answer.headers_after_us = kPieceUs;
  std::string whole;
  std::vector<event::ProviderPart> parts;
  const auto send = [&] { answer.chunks.push_back({kPieceUs, std::exchange(parts, {})}); };
  for (std::size_t piece = 0; piece < shape.pieces_per_turn; ++piece) {
    const std::string text = " word" + std::to_string(piece);
    whole += text;
    parts.emplace_back(event::TextPiece{"item_0", text});
    if (parts.size() == shape.pieces_per_step) send();
  }
  MessageItem message;
  message.role = Role::assistant;
  message.parts.emplace_back(TextPart{whole});
  parts.emplace_back(event::ItemDone{"item_0", {std::move(message), "chat"}});
  if (!is_last) {
    const std::string path = R"({"path":"src/part)" + std::to_string(turn) + R"(.cpp"})";
    const ToolCallItem call{.call_id = "call_" + std::to_string(turn), .name = "read_file", .arguments = path};
    parts.emplace_back(event::ItemDone{"item_1", {call, "chat"}});
  }
  Usage usage;
  usage.input = 4'000 + turn * 120;
  usage.output = shape.pieces_per_turn;
  parts.emplace_back(event::UsageSeen{usage});
  const FinishReason reason = is_last ? FinishReason::stop : FinishReason::tool_calls;
  parts.emplace_back(event::AnswerFinished{reason, "stop", "demo-2026-11-01", "resp_1"});
  send();
  return answer;
}

sim::Scenario scenario_of(const Shape& shape) {
  sim::RunPlan run;
  run.identity.run_id = RunId::make(1'700'000'000'000, 0, 1);
  run.identity.session_id = SessionId::make(1'700'000'000'000, 0, 1);
  run.identity.trace_id = *TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
  run.spec.input.emplace_back(TextPart{"Read the parts one after the other and tell what they do."});
  run.spec.system = "You read code and tell what it does.";
  run.spec.model_plan.primary = {ProviderId("scripted"), "demo"};
  run.spec.behaviours = kernel::present_behaviours();
  run.spec.runtime_version = std::string(event::runtime_version());
  ToolSpec tool;
  tool.name = "read_file";
  tool.description = "Reads a file.";
  tool.input_schema = {R"({"type":"object"})"};
  tool.effect_class = EffectClass::pure;
  run.spec.tools = {tool};
  run.spec.tool_policy.approval = ApprovalMode::never;
  for (std::size_t turn = 1; turn <= shape.turns; ++turn) {
    run.answers.push_back(answer_of(shape, turn, turn == shape.turns));
  }
  return {1, {run}};
}

std::uint64_t replay(const std::vector<std::string>& lines) {
  kernel::JournalReplay journal(std::vector<event::ContextEntry>{});
  for (const std::string& line : lines) {
    const auto replayed = journal.take(line);
    if (replayed && !*replayed) continue;
    std::fprintf(stderr, "%s\n", replayed ? (*replayed)->field.c_str() : replayed.error().message.c_str());
    std::exit(1);
  }
  return journal.head().seq;
}

void print_shape(const char* name, const Shape& shape) {
  const sim::Outcome outcome = sim::simulate(scenario_of(shape));
  if (outcome.failure) {
    std::fprintf(stderr, "%s: %s\n", outcome.failure->rule.c_str(), outcome.failure->what.c_str());
    std::exit(1);
  }
  std::uint64_t events = 0;
  std::size_t bytes = 0;
  for (const std::string& line : outcome.lines) bytes += line.size();
  const auto times = orchestrator::bench::times_us(kRounds, [&] { events = replay(outcome.lines); });
  const double us = orchestrator::bench::percentile(times, 50);
  std::printf("%-8s %8zu %9ju %9zu %12.0f %8.1f\n", name, outcome.lines.size(), static_cast<std::uintmax_t>(events),
              bytes / events, static_cast<double>(events) * 1e6 / us, static_cast<double>(bytes) / us);
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_quick = argc == 2 && std::string_view(argv[1]) == "--quick";
  if (argc > 2 || (argc == 2 && !is_quick)) {
    std::fputs("usage: bench_replay [--quick]\n", stderr);
    return 2;
  }
  const std::size_t divisor = is_quick ? 10 : 1;
  std::puts("run         steps    events  bytes/ev     events/s     MB/s");
  print_shape("agent", {200 / divisor, 60, 1});
  print_shape("joined", {200 / divisor, 60, 4});
  print_shape("answer", {1, 6'000 / divisor, 1});
}

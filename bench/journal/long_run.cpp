// SPDX-License-Identifier: Apache-2.0
#include "long_run.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "event/runtime_version.hpp"
#include "event/step.hpp"
#include "journal/testing/run_lines.hpp"
#include "kernel/behaviours.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "sim/simulation.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
namespace oh = orchestrator::harness;

constexpr std::uint64_t kPiecesPerTurn = 190;
constexpr std::uint64_t kEventsPerTurn = 200;  // about
constexpr std::uint64_t kPieceUs = 20'000;

template <class T>
T await(asio::awaitable<oh::Result<T>> task) {
  asio::io_context io;
  auto result = oh::runtime::testing::run_awaitable(io, std::move(task));
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

oh::sim::AnswerPlan answer_of(std::uint64_t turn, bool is_last) {
  oh::sim::AnswerPlan answer;
  answer.headers_after_us = kPieceUs;
  std::string whole;
  for (std::uint64_t piece = 0; piece < kPiecesPerTurn; ++piece) {
    const std::string text = " word" + std::to_string(piece);
    whole += text;
    std::vector<oh::ProviderPart> parts;
    parts.emplace_back(oh::TextPiece{"item_0", text});
    answer.chunks.push_back({kPieceUs, std::move(parts)});
  }
  oh::MessageItem message;
  message.role = oh::Role::assistant;
  message.parts.emplace_back(oh::TextPart{whole});
  std::vector<oh::ProviderPart> end;
  end.emplace_back(oh::ItemDone{"item_0", {std::move(message), "chat"}});
  if (!is_last) {
    oh::ToolCallItem call;
    call.call_id = "call_" + std::to_string(turn);
    call.name = "read_file";
    call.arguments = R"({"path":"src/part)" + std::to_string(turn) + R"(.cpp"})";
    end.emplace_back(oh::ItemDone{"item_1", {std::move(call), "chat"}});
  }
  oh::Usage usage;
  usage.input = 4'000;
  usage.output = kPiecesPerTurn;
  end.emplace_back(oh::UsageSeen{usage});
  const auto reason = is_last ? oh::FinishReason::stop : oh::FinishReason::tool_calls;
  end.emplace_back(oh::AnswerFinished{reason, "stop", "demo-2026-11-01", "resp_1"});
  answer.chunks.push_back({kPieceUs, std::move(end)});
  return answer;
}

std::vector<std::string> lines_of(const oh::RunId& run_id, std::uint64_t turns) {
  oh::sim::RunPlan run;
  run.identity.run_id = run_id;
  run.identity.session_id = oh::journal::testing::session_id(run_id == ended_run() ? 1 : 2);
  run.identity.trace_id = *oh::TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
  run.spec.input.emplace_back(oh::TextPart{"Read the parts one after the other and tell what they do."});
  run.spec.model_plan.primary = {oh::ProviderId("scripted"), "demo"};
  run.spec.behaviours = oh::kernel::present_behaviours();
  run.spec.runtime_version = std::string(oh::event::runtime_version());
  oh::ToolSpec tool;
  tool.name = "read_file";
  tool.description = "Reads a file.";
  tool.input_schema = {R"({"type":"object"})"};
  tool.effect_class = oh::EffectClass::pure;
  run.spec.tools = {tool};
  run.spec.tool_policy.approval = oh::ApprovalMode::never;
  for (std::uint64_t turn = 1; turn <= turns; ++turn) run.answers.push_back(answer_of(turn, turn == turns));
  oh::sim::Outcome outcome = oh::sim::simulate({1, {run}});
  if (outcome.failure) {
    std::fprintf(stderr, "%s: %s\n", outcome.failure->rule.c_str(), outcome.failure->what.c_str());
    std::exit(1);
  }
  return std::move(outcome.lines);
}

std::uint64_t write(oh::JournalStore& store, const oh::RunId& run_id, std::vector<std::string> lines) {
  auto writer = await(store.create(run_id, oh::journal::testing::session_id(run_id == ended_run() ? 1 : 2)));
  oh::event::JournalHead head;
  for (std::string& bytes : lines) {
    const auto step = oh::event::decode_step(bytes, head);
    if (!step) std::exit(1);
    auto line = std::make_shared<oh::JournalLine>();
    line->step = step->head.steps;
    line->first_seq = head.seq + 1;
    line->last_seq = step->head.seq;
    for (const oh::StreamEvent& event : step->events) line->strict = line->strict || event.is_strict();
    line->bytes = std::move(bytes);
    head = step->head;
    await(writer->append(std::move(line)));
  }
  await(writer->sync());
  return head.seq;
}

std::shared_ptr<oh::JournalStore> opened(const std::string& url) {
  auto store = oh::open_store(url);
  if (store) return *std::move(store);
  std::fprintf(stderr, "%s\n", store.error().message.c_str());
  std::exit(1);
}

}  // namespace

oh::RunId ended_run() { return oh::journal::testing::run_id(1); }
oh::RunId active_run() { return oh::journal::testing::run_id(2); }

std::uint64_t write_long_runs(const std::string& url, std::uint64_t events) {
  const std::uint64_t turns = std::max<std::uint64_t>(events / kEventsPerTurn, 1);
  const auto store = opened(url);
  std::vector<std::string> left = lines_of(active_run(), turns);
  left.pop_back();
  write(*store, active_run(), std::move(left));
  return write(*store, ended_run(), lines_of(ended_run(), turns));
}

std::uint64_t write_deltas(const std::string& url, std::uint64_t events) {
  const auto store = opened(url);
  oh::journal::testing::RunLines source(ended_run(), oh::journal::testing::session_id(1));
  auto writer = await(store->create(ended_run(), oh::journal::testing::session_id(1)));
  await(writer->append(source.start()));
  while (source.head().seq + 1 < events) {
    await(writer->append(source.delta("forty bytes of text, as a model sends it ")));
  }
  await(writer->append(source.completed()));
  return source.head().seq;
}

}  // namespace bench

// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <vector>

#include "bench/context/duration.hpp"
#include "bench/context/tables.hpp"
#include "event/context_entry.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"

namespace orchestrator::bench {
namespace {

using namespace harness;

constexpr std::uint64_t kTokensMax = 8'000;
constexpr std::size_t kRepetitions = 21;

std::vector<event::ContextEntry> history_of(std::size_t exchanges) {
  std::vector<event::ContextEntry> history;
  for (std::size_t i = 0; i < exchanges; ++i) {
    const std::string mark = std::to_string(1'000'000 + i) + ". ";
    history.push_back(event::make_context_entry(user_text(mark + std::string(191, 'q')), event::ContextSource::input));
    MessageItem answer;
    answer.role = Role::assistant;
    answer.parts = {TextPart{mark + std::string(191, 'a')}};
    history.push_back(event::make_context_entry({std::move(answer), "bench"}, event::ContextSource::output));
  }
  return history;
}

events::RunStarted spec_of(const std::vector<event::ContextEntry>& history, ContextPolicy policy) {
  events::RunStarted spec;
  spec.input = {TextPart{"And now?"}};
  spec.model_plan.primary = {ProviderId("bench"), "model"};
  spec.history_limits = {1'000'000, 1'000'000'000, 1'000'000'000};
  spec.context = std::move(policy);
  spec.history = {RunId::make(1'700'000'000'000, 0, 9), history.size(), event::context_hash(history)};
  spec.behaviours = kernel::present_behaviours();
  return spec;
}

// A run that waits for its slot.
kernel::State waiting(const std::vector<event::ContextEntry>& history, ContextPolicy policy) {
  event::inputs::Start start;
  start.identity.run_id = RunId::make(1'700'000'000'000, 0, 1);
  start.identity.session_id = SessionId::make(1'700'000'000'000, 0, 2);
  start.identity.trace_id = *TraceId::parse("0123456789abcdef0123456789abcdef");
  start.spec = spec_of(history, std::move(policy));
  start.history = history;
  kernel::State state = kernel::initial_state(history);
  for (const StreamEvent& event : kernel::decide(state, {event::Now{}, std::move(start)}).events) {
    kernel::evolve(state, event);
  }
  return state;
}

void print_row(std::size_t exchanges, const char* name, const ContextPolicy& policy) {
  const kernel::State state = waiting(history_of(exchanges), policy);
  const event::Input granted{event::Now{}, event::inputs::SlotGranted{1}};
  kernel::Decision decision;
  const auto times = times_us(kRepetitions, [&] { decision = kernel::decide(state, granted); });
  std::size_t bytes = 0;
  std::uint64_t items = 0;
  for (const StreamEvent& event : decision.events) {
    bytes += event.json().size();
    if (const auto* assembled = event.get_if<StreamEvent::ContextAssembled>()) items = assembled->items;
  }
  std::printf("| %zu | %s | %llu | %.0f | %zu |\n", exchanges, name, static_cast<unsigned long long>(items),
              percentile(times, 50), bytes);
}

}  // namespace

void print_assembly(bool is_quick) {
  std::puts("| exchanges of history | policy | items sent | assembly us, median | journal bytes |");
  std::puts("|---|---|---|---|---|");
  ContextPolicy trim;
  trim.tokens_max = kTokensMax;
  ContextPolicy extract = trim;
  extract.when_full = WhenFull::extract;
  std::vector<std::size_t> lengths{10, 100, 1'000};
  if (!is_quick) lengths.push_back(10'000);
  for (const std::size_t exchanges : lengths) {
    print_row(exchanges, "unbounded", {});
    print_row(exchanges, "8,000 tokens, trim", trim);
    print_row(exchanges, "8,000 tokens, extract", extract);
  }
  std::puts("");
}

}  // namespace orchestrator::bench

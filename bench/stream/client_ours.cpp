// SPDX-License-Identifier: Apache-2.0
// The benchmark client on this project's own library, by its public interface: C coroutines on the harness's thread,
// each starting one run after another. Command line and report: measure.hpp.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>
#include <future>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/harness.hpp"

namespace bench {
namespace {

namespace oh = orchestrator::harness;
namespace asio = boost::asio;

// Requests that are still to be started; shared by the coroutines of one phase, on one thread.
struct Phase {
  const Options* options = nullptr;
  Tally* tally = nullptr;
  std::uint32_t to_start = 0;
};

void note_failure(Phase* phase, const std::string& message) {
  ++phase->tally->failed;
  std::fprintf(stderr, "%s\n", message.c_str());
}

// Reads one run; in mode abort, aborts it after a few deltas.
asio::awaitable<void> read_run(oh::RunHandle* run, StreamMeter* meter, Phase* phase) {
  bool is_aborting = false;
  for (;;) {
    auto event = co_await run->next();
    if (!event) {
      note_failure(phase, event.error().message);
      co_return;
    }
    if (!*event) co_return;
    if (const auto* delta = (*event)->get_if<oh::StreamEvent::OutputDelta>()) meter->add(delta->text);
    if (phase->options->mode == Mode::abort && !is_aborting && meter->deltas() >= kDeltasBeforeAbort) {
      is_aborting = true;
      meter->note_abort_call();
      oh::AbortOptions options;
      auto aborted = co_await run->control().async_abort(std::move(options));
      if (!aborted) note_failure(phase, aborted.error().message);
    }
    if (const auto* error = (*event)->get_if<oh::StreamEvent::Error>()) note_failure(phase, error->error.message);
    if ((*event)->get_if<oh::StreamEvent::Aborted>() != nullptr) meter->note_aborted();
    if ((*event)->get_if<oh::StreamEvent::Completed>() != nullptr) meter->finish(phase->options->deltas);
  }
}

asio::awaitable<void> work(oh::Harness* harness, Phase* phase) {
  while (phase->to_start > 0) {
    --phase->to_start;
    auto request = harness->session().run("Write a long text.");
    request.model("openai/" + phase->options->model());
    StreamMeter meter;
    meter.start(*phase->tally);
    auto run = co_await request.async_start();
    if (!run) {
      note_failure(phase, run.error().message);
      continue;
    }
    co_await read_run(&*run, &meter, phase);
  }
}

void run_phase(oh::Harness& harness, const Options& options, std::uint32_t requests, Tally& tally) {
  Phase phase{&options, &tally, requests};
  std::vector<std::future<void>> workers;
  for (std::uint32_t i = 0; i < options.concurrency; ++i) {
    workers.push_back(asio::co_spawn(harness.executor(), work(&harness, &phase), asio::use_future));
  }
  for (std::future<void>& worker : workers) worker.get();
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  namespace oh = orchestrator::harness;
  const bench::Options options = bench::parse_options(argc, argv);
  oh::OpenAiConfig config;
  config.base_url = options.base_url;
  config.api_key = "bench";
  auto provider = oh::openai_provider(config);
  if (!provider) {
    std::fprintf(stderr, "%s\n", provider.error().message.c_str());
    return 2;
  }
  auto harness = oh::HarnessBuilder().store(options.store).provider(*provider).concurrency(options.concurrency).build();
  if (!harness) {
    std::fprintf(stderr, "%s\n", harness.error().message.c_str());
    return 2;
  }
  bench::Tally warmup(options.mode);
  bench::run_phase(*harness, options, options.warmup, warmup);
  bench::Tally tally(options.mode);
  // In mode abort, the aborts of the warm-up are reported too: the mock counts them as well.
  if (options.mode == bench::Mode::abort) {
    tally.abort_call_ns = warmup.abort_call_ns;
    tally.aborted_ns = warmup.aborted_ns;
  }
  const double cpu_before = bench::cpu_s();
  const std::uint64_t start_ns = bench::now_ns();
  bench::run_phase(*harness, options, options.requests, tally);
  const double wall_s = static_cast<double>(bench::now_ns() - start_ns) * 1e-9;
  bench::print_report("ours", options, tally, wall_s, bench::cpu_s() - cpu_before);
  return 0;
}

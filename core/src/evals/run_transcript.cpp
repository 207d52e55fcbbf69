// SPDX-License-Identifier: Apache-2.0
#include "evals/run_transcript.hpp"

#include <utility>

#include "event/step.hpp"

namespace orchestrator::harness::evals {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kPageBytes = 1ULL << 20;

MediaSource* source_of(ContentPart& part) {
  if (auto* image = std::get_if<ImagePart>(&part)) return &image->source;
  if (auto* audio = std::get_if<AudioPart>(&part)) return &audio->source;
  if (auto* video = std::get_if<VideoPart>(&part)) return &video->source;
  if (auto* file = std::get_if<FilePart>(&part)) return &file->source;
  return nullptr;
}

asio::awaitable<Result<void>> load_media(std::shared_ptr<JournalStore> store, std::vector<ContentPart>* parts) {
  for (ContentPart& part : *parts) {
    MediaSource* source = source_of(part);
    if (source == nullptr || !source->is_inline() || source->bytes.is_loaded()) continue;
    auto bytes = co_await store->blob(source->bytes.hash());
    if (!bytes) co_return std::unexpected(bytes.error());
    source->bytes = *std::move(bytes);
  }
  co_return Result<void>();
}

template <class End>
void take_numbers(EvalSample& sample, const End& end) {
  sample.usage = end.usage;
  sample.cost_micro_usd = end.cost_micro_usd;
  sample.latencies = end.latencies;
}

}  // namespace

void RunTranscript::add(const StreamEvent& event) {
  run_id_ = event.meta.run_id;
  if (const auto* started = event.get_if<StreamEvent::RunStarted>()) {
    started_ = *started;
  } else if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>()) {
    open_[requested->call_id] = calls_.size();
    TranscriptCall call;
    call.call.tool = requested->tool;
    call.call.arguments = {requested->arguments};
    call.call.argument_hash = requested->argument_hash;
    calls_.push_back(std::move(call));
  } else if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) {
    const auto place = open_.find(finished->call_id);
    if (place == open_.end()) return;
    TranscriptCall& call = calls_[place->second];
    open_.erase(place);
    call.call.outcome = finished->outcome;
    if (finished->error) call.call.error_code = finished->error->code;
    call.finished = *finished;
  } else if (event.is_terminal()) {
    terminal_ = event;
  }
}

Result<EvalSample> RunTranscript::sample(const EvalCase& test_case, std::uint32_t epoch) const {
  if (!terminal_) return fail(RuntimeErrorCode::run_not_active, "the run has not ended", run_id_.str());
  if (const auto* failed = terminal_->get_if<StreamEvent::Error>()) return std::unexpected(failed->error);
  if (const auto* aborted = terminal_->get_if<StreamEvent::Aborted>()) {
    return fail(RuntimeErrorCode::cancelled, "the run was aborted by " + aborted->by, run_id_.str());
  }
  const auto* completed = terminal_->get_if<StreamEvent::Completed>();
  if (completed == nullptr) return fail(RuntimeErrorCode::run_not_active, "the run has not ended", run_id_.str());
  EvalSample sample;
  sample.test_case = test_case;
  sample.epoch = epoch;
  sample.run_id = run_id_;
  sample.output = completed->output;
  sample.finish_reason = completed->finish_reason;
  take_numbers(sample, *completed);
  for (const TranscriptCall& call : calls_) sample.tool_calls.push_back(call.call);
  return sample;
}

asio::awaitable<Result<RunTranscript>> load_transcript(std::shared_ptr<JournalStore> store, RunId run_id) {
  RunTranscript transcript;
  event::JournalHead head;
  for (;;) {
    auto lines = co_await store->read(run_id, head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) break;
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, head);
      if (!step) co_return std::unexpected(step.error());
      for (const StreamEvent& event : step->events) transcript.add(event);
      head = step->head;
    }
  }
  if (!transcript.started()) {
    co_return fail(RuntimeErrorCode::journal_damaged, "the run has no first event", run_id.str());
  }
  Result<void> loaded = co_await load_media(store, &transcript.started()->input);
  if (!loaded) co_return std::unexpected(loaded.error());
  for (TranscriptCall& call : transcript.calls()) {
    if (!call.finished) continue;
    loaded = co_await load_media(store, &call.finished->result);
    if (!loaded) co_return std::unexpected(loaded.error());
  }
  co_return transcript;
}

}  // namespace orchestrator::harness::evals

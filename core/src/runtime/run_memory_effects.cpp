// SPDX-License-Identifier: Apache-2.0
// How a run's effects on the memory store are carried out. The run does not wait for the store longer than it said:
// what comes after the deadline is about nothing. A store or an embedder that throws has failed.
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cmath>
#include <exception>
#include <utility>

#include "event/json_writer.hpp"
#include "kernel/money.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/memory.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/wall_clock.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

Error no_store() {
  return RuntimeError{RuntimeErrorCode::configuration_invalid, "the harness has no memory store", "memory", {}};
}

Error late_store(std::uint64_t timeout_ms) {
  return RuntimeError{RuntimeErrorCode::storage_unavailable,
                      "the memory store did not answer within " + std::to_string(timeout_ms) + " ms",
                      "memory",
                      {}};
}

Error thrown(const std::exception& error) {
  return RuntimeError{
      RuntimeErrorCode::storage_failed, std::string("the memory store threw: ") + error.what(), "memory", {}};
}

// The coroutines catch what a store may throw: what is left is a bug of this file.
void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

std::uint64_t us_since(Clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
}

// What a store of somebody else's may not put into a journal.
bool is_sound(const MemoryHit& hit) {
  return std::isfinite(hit.score) && !hit.memory.text.empty() && event::is_valid_utf8(hit.memory.text);
}

std::vector<events::RetrievedMemory> retrieved_of(std::vector<MemoryHit> hits, std::uint32_t hits_max,
                                                  std::uint64_t tokens_max) {
  std::vector<events::RetrievedMemory> retrieved;
  std::uint64_t tokens = 0;
  for (MemoryHit& hit : hits) {
    if (retrieved.size() == hits_max) break;
    if (!is_sound(hit)) continue;
    const std::uint64_t size = event::estimate_text_tokens(hit.memory.text);
    if (tokens + size > tokens_max) continue;
    tokens += size;
    retrieved.push_back({hit.memory.id, hit.memory.lane, hit.score, size, std::move(hit.memory.text)});
  }
  return retrieved;
}

// True where the store has the text of `memory` under its id: a process that died has left it, with a vector that is
// not quite the same.
asio::awaitable<bool> has_text(std::shared_ptr<MemoryStore> store, Memory memory) {
  MemoryFilter filter;
  filter.id = memory.id;
  auto found = co_await store->list(std::move(filter), std::nullopt, 1);
  co_return found && found->size() == 1 && found->front().text == memory.text && found->front().user == memory.user;
}

asio::awaitable<Result<void>> put_memory(std::shared_ptr<MemoryStore> store, Memory memory) {
  auto put = co_await store->put(Memory(memory));
  if (!put && memory.embedding && put.error().at == "embeddings_max") {
    memory.embedding.reset();  // a store that is full of vectors may take the text
    put = co_await store->put(Memory(memory));
  }
  if (put) co_return Result<void>();
  if (put.error().code == name_of(RuntimeErrorCode::precondition_failed)) {
    const bool is_there = co_await has_text(store, std::move(memory));
    if (is_there) co_return Result<void>();
  }
  co_return std::unexpected(std::move(put.error()));
}

}  // namespace

// One effect on the store under way. Of its own deadline alone: an older one may still be at work.
struct RunDriver::MemoryCall {
  asio::steady_timer timer;
  std::optional<std::uint64_t> cost_micro_usd;  // as far as it is known
};

template <class Late>
std::shared_ptr<RunDriver::MemoryCall> RunDriver::begin_memory_call(std::uint64_t timeout_ms, Late late) {
  const bool asks_embedder = engine_->options().embedder != nullptr;
  auto call =
      std::make_shared<MemoryCall>(asio::steady_timer(engine_->executor(), std::chrono::milliseconds(timeout_ms)),
                                   asks_embedder ? std::nullopt : std::optional<std::uint64_t>(0));
  late.latency_us = timeout_ms * 1'000;
  late.error = late_store(timeout_ms);
  call->timer.async_wait(
      [weak = weak_from_this(), call, late = std::move(late)](const boost::system::error_code& error) mutable {
        const auto self = weak.lock();
        if (error || !self || self->has_ended()) return;
        late.cost_micro_usd = call->cost_micro_usd;
        self->push(std::move(late));
      });
  return call;
}

// The vector of a text, or none: without one, memories are found by their words. What it cost is unknown where the
// embedder does not say, and where it failed on the way.
asio::awaitable<std::optional<Embedding>> RunDriver::embed(std::string text, Clock::time_point deadline,
                                                           std::shared_ptr<MemoryCall> call) {
  const std::shared_ptr<Embedder> embedder = engine_->options().embedder;
  if (!embedder) co_return std::nullopt;
  const auto self = shared_from_this();
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  Result<EmbeddingBatch> batch = co_await embedder->embed(std::move(texts), deadline);
  if (!batch) {
    if (!kernel::may_have_been_sent(batch.error())) call->cost_micro_usd = 0;
    engine_->log(LogLevel::warn, "memory", "no vector: by words alone", run_id().str(), identity_.trace_id.str(),
                 {{"model", embedder->model()}, {"code", batch.error().code}, {"error", batch.error().message}});
    co_return std::nullopt;
  }
  call->cost_micro_usd = batch->cost_micro_usd;
  if (batch->vectors.empty()) co_return std::nullopt;
  Embedding embedding;
  embedding.model = embedder->model();
  embedding.values = std::move(batch->vectors.front());
  co_return embedding;
}

void RunDriver::on(event::effects::RetrieveMemory& effect) {
  auto call = begin_memory_call(effect.timeout_ms, event::inputs::MemoryReturned{});
  asio::co_spawn(engine_->executor(), retrieve_memory(std::move(effect), std::move(call)), rethrow);
}

asio::awaitable<void> RunDriver::retrieve_memory(event::effects::RetrieveMemory effect,
                                                 std::shared_ptr<MemoryCall> call) {
  const auto self = shared_from_this();
  const std::shared_ptr<MemoryStore> store = engine_->options().memory;
  const Clock::time_point begin = Clock::now();
  event::inputs::MemoryReturned returned;
  if (!store) {
    call->cost_micro_usd = 0;
    returned.error = no_store();
  } else {
    try {
      MemoryQuery query;
      query.text = std::move(effect.query);
      query.lanes = {MemoryLane::episodic, MemoryLane::semantic};
      query.user = std::move(effect.user);
      // Half of the time is left for a search by words.
      const Clock::time_point deadline = begin + std::chrono::milliseconds(effect.timeout_ms / 2);
      query.embedding = co_await embed(std::string(query.text), deadline, call);
      query.limit = effect.hits_max;
      query.tokens_max = effect.tokens_max;
      query.now = wall_now();
      Result<std::vector<MemoryHit>> hits = co_await store->search(std::move(query));
      if (hits) {
        returned.hits = retrieved_of(*std::move(hits), effect.hits_max, effect.tokens_max);
      } else {
        returned.error = std::move(hits.error());
      }
    } catch (const std::exception& error) {
      returned.error = thrown(error);
    }
  }
  returned.latency_us = us_since(begin);
  returned.cost_micro_usd = call->cost_micro_usd;
  call->timer.cancel();
  if (!ended_) push(std::move(returned));
}

void RunDriver::on(event::effects::StoreMemory& effect) {
  event::inputs::MemoryKept late;
  late.id = effect.id;
  late.tokens = event::estimate_text_tokens(effect.text);
  auto call = begin_memory_call(effect.timeout_ms, std::move(late));
  asio::co_spawn(engine_->executor(), store_memory(std::move(effect), std::move(call)), rethrow);
}

asio::awaitable<void> RunDriver::store_memory(event::effects::StoreMemory effect, std::shared_ptr<MemoryCall> call) {
  const auto self = shared_from_this();
  const std::shared_ptr<MemoryStore> store = engine_->options().memory;
  const Clock::time_point begin = Clock::now();
  event::inputs::MemoryKept kept;
  kept.id = effect.id;
  kept.tokens = event::estimate_text_tokens(effect.text);
  if (!store) {
    call->cost_micro_usd = 0;
    kept.error = no_store();
  } else {
    try {
      // The answer that it tells of is on disk first.
      const bool is_durable = co_await wait_durable();
      if (!is_durable) {
        call->timer.cancel();
        co_return;
      }
      Memory memory;
      memory.id = effect.id;
      memory.lane = effect.lane;
      memory.text = std::move(effect.text);
      memory.user = std::move(effect.user);
      memory.session_id = session_id();
      memory.run_id = run_id();
      memory.created_at = effect.created_at;
      const Clock::time_point deadline = begin + std::chrono::milliseconds(effect.timeout_ms / 2);
      memory.embedding = co_await embed(std::string(memory.text), deadline, call);
      Result<void> put = co_await put_memory(store, std::move(memory));
      if (!put) kept.error = std::move(put.error());
    } catch (const std::exception& error) {
      kept.error = thrown(error);
    }
  }
  kept.latency_us = us_since(begin);
  kept.cost_micro_usd = call->cost_micro_usd;
  call->timer.cancel();
  if (!ended_) push(std::move(kept));
}

}  // namespace orchestrator::harness::runtime

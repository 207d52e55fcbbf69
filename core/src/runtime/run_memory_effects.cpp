// SPDX-License-Identifier: Apache-2.0
// How a run's effects on the memory store are carried out. The run does not wait for the store longer than it said:
// what comes after the deadline is about nothing.
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

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

std::uint64_t us_since(Clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
}

// What the coroutine of an effect may throw is a bug of a store: the run goes on without.
void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void RunDriver::answer_memory_late(std::uint64_t timeout_ms, event::Input::Value late) {
  memory_timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  memory_timer_.async_wait(
      [weak = weak_from_this(), late = std::move(late)](const boost::system::error_code& error) mutable {
        if (error) return;
        if (const auto self = weak.lock(); self && !self->has_ended()) self->push(std::move(late));
      });
}

// The vector of a text, or none: without one, memories are found by their words. What it cost is unknown where the
// embedder does not say, and where it failed on the way.
asio::awaitable<std::optional<Embedding>> RunDriver::embed(std::string text, Clock::time_point deadline,
                                                           std::optional<std::uint64_t>* cost_micro_usd) {
  const std::shared_ptr<Embedder> embedder = engine_->options().embedder;
  if (!embedder) co_return std::nullopt;
  const auto self = shared_from_this();
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  Result<EmbeddingBatch> batch = co_await embedder->embed(std::move(texts), deadline);
  if (!batch) {
    const bool was_sent = kernel::may_have_been_sent(batch.error());
    if (was_sent) cost_micro_usd->reset();
    engine_->log(LogLevel::warn, "memory", "no vector: by words alone", run_id().str(), identity_.trace_id.str(),
                 {{"model", embedder->model()}, {"code", batch.error().code}, {"error", batch.error().message}});
    co_return std::nullopt;
  }
  *cost_micro_usd = batch->cost_micro_usd;
  if (batch->vectors.empty()) co_return std::nullopt;
  Embedding embedding;
  embedding.model = embedder->model();
  embedding.values = std::move(batch->vectors.front());
  co_return embedding;
}

void RunDriver::on(event::effects::RetrieveMemory& effect) {
  event::inputs::MemoryReturned late;
  late.latency_us = effect.timeout_ms * 1'000;
  late.error = late_store(effect.timeout_ms);
  answer_memory_late(effect.timeout_ms, std::move(late));
  asio::co_spawn(engine_->executor(), retrieve_memory(std::move(effect)), rethrow);
}

asio::awaitable<void> RunDriver::retrieve_memory(event::effects::RetrieveMemory effect) {
  const auto self = shared_from_this();
  const std::shared_ptr<MemoryStore> store = engine_->options().memory;
  const Clock::time_point begin = Clock::now();
  event::inputs::MemoryReturned returned;
  if (!store) {
    returned.error = no_store();
  } else {
    MemoryQuery query;
    query.text = std::move(effect.query);
    query.lanes = {MemoryLane::episodic, MemoryLane::semantic};
    query.user = std::move(effect.user);
    // Half of the time is left for a search by words.
    const Clock::time_point deadline = begin + std::chrono::milliseconds(effect.timeout_ms / 2);
    query.embedding = co_await embed(std::string(query.text), deadline, &returned.cost_micro_usd);
    query.limit = effect.hits_max;
    query.tokens_max = effect.tokens_max;
    query.now = wall_now();
    Result<std::vector<MemoryHit>> hits = co_await store->search(std::move(query));
    if (!hits) {
      returned.error = std::move(hits.error());
    } else {
      for (MemoryHit& hit : *hits) {
        returned.hits.push_back({hit.memory.id, hit.memory.lane, hit.score, hit.tokens, std::move(hit.memory.text)});
      }
    }
  }
  returned.latency_us = us_since(begin);
  memory_timer_.cancel();
  if (!ended_) push(std::move(returned));
}

void RunDriver::on(event::effects::StoreMemory& effect) {
  event::inputs::MemoryKept late;
  late.id = effect.id;
  late.latency_us = effect.timeout_ms * 1'000;
  late.error = late_store(effect.timeout_ms);
  answer_memory_late(effect.timeout_ms, std::move(late));
  asio::co_spawn(engine_->executor(), store_memory(std::move(effect)), rethrow);
}

asio::awaitable<void> RunDriver::store_memory(event::effects::StoreMemory effect) {
  const auto self = shared_from_this();
  const std::shared_ptr<MemoryStore> store = engine_->options().memory;
  event::inputs::MemoryKept kept;
  kept.id = effect.id;
  if (!store) {
    kept.error = no_store();
  } else {
    // The answer that it tells of is on disk first.
    const bool is_durable = co_await wait_durable();
    if (!is_durable) co_return;
    const Clock::time_point begin = Clock::now();
    Memory memory;
    memory.id = effect.id;
    memory.lane = effect.lane;
    memory.text = std::move(effect.text);
    memory.user = std::move(effect.user);
    memory.session_id = session_id();
    memory.run_id = run_id();
    memory.created_at = effect.created_at;
    const Clock::time_point deadline = begin + std::chrono::milliseconds(effect.timeout_ms / 2);
    memory.embedding = co_await embed(std::string(memory.text), deadline, &kept.cost_micro_usd);
    Result<MemoryPut> put = co_await store->put(Memory(memory));
    if (!put && memory.embedding && put.error().code == name_of(RuntimeErrorCode::limit_exceeded)) {
      memory.embedding.reset();  // a store that is full of vectors may take the text
      put = co_await store->put(std::move(memory));
    }
    // A process that died has left it already, with a vector that is not quite the same.
    const bool is_there = !put && put.error().code == name_of(RuntimeErrorCode::precondition_failed);
    if (!put && !is_there) kept.error = put.error();
    kept.latency_us = us_since(begin);
  }
  memory_timer_.cancel();
  if (!ended_) push(std::move(kept));
}

}  // namespace orchestrator::harness::runtime

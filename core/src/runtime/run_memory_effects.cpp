// SPDX-License-Identifier: Apache-2.0
// How a run's effects on the memory store are carried out. The run does not wait for the store longer than it said:
// what comes after the deadline is about nothing.
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

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
    Result<MemoryPut> put = co_await store->put(std::move(memory));
    if (!put) kept.error = std::move(put.error());
    kept.latency_us = us_since(begin);
  }
  memory_timer_.cancel();
  if (!ended_) push(std::move(kept));
}

}  // namespace orchestrator::harness::runtime

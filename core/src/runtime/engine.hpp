// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the runs of one harness share: its thread, store, providers, call slots and log. Made by the harness builder,
// kept alive by every handle. Members marked [io] are used on the harness's thread only; the rest never change.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "codec/gates/rule_set.hpp"
#include "codec/redaction/run_redactor.hpp"
#include "orchestrator/harness/catalogue.hpp"
#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/memory.hpp"
#include "orchestrator/harness/observability.hpp"
#include "orchestrator/harness/provider.hpp"
#include "orchestrator/harness/tools.hpp"
#include "runtime/circuit_breaker.hpp"
#include "runtime/gate_asker.hpp"
#include "runtime/retry_bucket.hpp"
#include "runtime/slot_queue.hpp"

namespace orchestrator::harness::runtime {

class RunDriver;

struct EngineOptions {
  std::shared_ptr<JournalStore> store;
  std::vector<std::shared_ptr<ProviderAdapter>> providers;
  std::string default_model;  // empty: a run must name one
  Limits limits;
  std::uint32_t concurrency = 256;
  std::uint32_t flush_window_ms = 4;
  TimeoutPolicy timeouts;
  RetryPolicy retries;
  ContextPolicy context;
  CircuitPolicy circuit;
  RetryBudget retry_budget;
  ModelCatalogue catalogue;
  std::shared_ptr<LogSink> log;                                      // may be empty
  ToolRegistry tools;                                                // that a run may name
  std::map<std::string, std::shared_ptr<Compensator>> compensators;  // by tool
  std::shared_ptr<MemoryStore> memory;                               // may be empty
  std::shared_ptr<Embedder> embedder;                                // of what runs look for and leave; may be empty
  MemoryPolicy memory_policy;
  std::optional<codec::RuleSet> rules;                 // that every run is under
  std::shared_ptr<const codec::RunRedactor> redactor;  // of what comes into runs; may be empty
  std::shared_ptr<TraceSink> trace;                    // may be empty
};

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  static std::shared_ptr<Engine> start(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] const EngineOptions& options() const { return options_; }
  [[nodiscard]] JournalStore& store() const { return *options_.store; }
  [[nodiscard]] boost::asio::any_io_executor executor() const { return context_->get_executor(); }
  /// The thread for user callbacks, started with its first use.
  [[nodiscard]] boost::asio::any_io_executor callback_executor();
  [[nodiscard]] bool on_io_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  [[nodiscard]] bool on_callback_thread();

  /// The adapter of a provider; the error names the known ones and the nearest.
  [[nodiscard]] Result<std::shared_ptr<ProviderAdapter>> provider(const ProviderId& id) const;

  [[nodiscard]] SlotQueue& slots() { return slots_; }                            // [io]
  [[nodiscard]] CircuitBreaker& circuits() { return circuits_; }                 // [io]
  [[nodiscard]] RetryBucket& retry_bucket() { return retry_bucket_; }            // [io]
  [[nodiscard]] GateAsker& gate_asker() { return gate_asker_; }                  // [io]
  void add_run(const std::shared_ptr<RunDriver>& driver);                        // [io]
  void remove_run(const RunId& run_id);                                          // [io]
  [[nodiscard]] std::shared_ptr<RunDriver> find_run(const RunId& run_id) const;  // [io]
  [[nodiscard]] bool is_closed() const { return closed_.load(); }

  void log(LogLevel level, std::string_view module, std::string_view message, std::string_view run_id = {},
           std::string_view trace_id = {}, std::initializer_list<LogField> fields = {}) const;

  /// Aborts all runs, waits for their ends until the deadline, and stops the thread. Idempotent; not on the thread.
  void close(std::uint64_t deadline_ms);

 private:
  explicit Engine(EngineOptions options);

  EngineOptions options_;
  std::shared_ptr<boost::asio::io_context> context_;  // shared with its thread
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  SlotQueue slots_;
  CircuitBreaker circuits_;
  RetryBucket retry_bucket_;
  GateAsker gate_asker_;
  std::map<RunId, std::shared_ptr<RunDriver>> runs_;
  std::atomic<bool> closed_{false};
  std::mutex callbacks_mutex_;
  std::unique_ptr<boost::asio::thread_pool> callbacks_;
  std::thread thread_;
};

/// The known word nearest to `word` by edit distance, if it is near enough to be meant; else empty.
[[nodiscard]] std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace orchestrator::harness::runtime

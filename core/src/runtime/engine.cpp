// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <utility>

#include "runtime/run_driver.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

// Aborts every run and waits until they are gone.
asio::awaitable<void> abort_all(Engine* engine, std::vector<std::shared_ptr<RunDriver>> runs,
                                std::chrono::steady_clock::time_point deadline) {
  for (const auto& run : runs) {
    event::inputs::Abort abort;
    abort.by = "close";
    event::Input::Value value = std::move(abort);
    co_await run->command(std::move(value));
  }
  asio::steady_timer poll(co_await asio::this_coro::executor);
  for (const auto& run : runs) {
    while (engine->find_run(run->run_id()) != nullptr && std::chrono::steady_clock::now() < deadline) {
      poll.expires_after(std::chrono::milliseconds(1));
      co_await poll.async_wait(asio::use_awaitable);
    }
  }
}

}  // namespace

Engine::Engine(EngineOptions options)
    : options_(std::move(options)),
      context_(std::make_shared<asio::io_context>(1)),
      work_(asio::make_work_guard(*context_)),
      slots_(options_.concurrency),
      circuits_(options_.circuit),
      retry_bucket_(options_.retry_budget),
      gate_asker_(options_.concurrency) {}

std::shared_ptr<Engine> Engine::start(EngineOptions options) {
  // The last handle may be let go on a thread of the engine's own, by a run that has just ended or by a callback. It
  // cannot wait for itself there: another thread takes it down.
  const auto take_down = [](Engine* last) {
    if (last->on_io_thread() || last->on_callback_thread()) {
      std::thread([last] { delete last; }).detach();
    } else {
      delete last;
    }
  };
  std::shared_ptr<Engine> engine(new Engine(std::move(options)), take_down);
  engine->thread_ = std::thread([context = engine->context_] { context->run(); });
  return engine;
}

Engine::~Engine() {
  work_.reset();
  context_->stop();
  if (thread_.joinable()) thread_.join();
  if (callbacks_) callbacks_->join();
  for (const auto& provider : options_.providers) provider->stop();
  // A store's own threads may still be leaving the call that handed their last result to the context: they end with
  // the store, before the context does.
  options_.store.reset();
}

asio::any_io_executor Engine::callback_executor() {
  const std::scoped_lock lock(callbacks_mutex_);
  if (!callbacks_) callbacks_ = std::make_unique<asio::thread_pool>(1);
  return callbacks_->get_executor();
}

bool Engine::on_callback_thread() {
  const std::scoped_lock lock(callbacks_mutex_);
  return callbacks_ && callbacks_->get_executor().running_in_this_thread();
}

Result<std::shared_ptr<ProviderAdapter>> Engine::provider(const ProviderId& id) const {
  std::vector<std::string> known;
  for (const auto& adapter : options_.providers) {
    if (adapter->id() == id) return adapter;
    known.push_back(adapter->id().str());
  }
  const std::string near = nearest_word(id.str(), known);
  std::string message = "there is no provider '" + id.str() + "'";
  message += near.empty() ? "." : ", did you mean '" + near + "'?";
  message += " Known:";
  for (const std::string& name : known) message += " " + name;
  if (known.empty()) message += " none";
  return fail(RuntimeErrorCode::unknown_provider, std::move(message), "model");
}

void Engine::add_run(const std::shared_ptr<RunDriver>& driver) { runs_[driver->run_id()] = driver; }
void Engine::remove_run(const RunId& run_id) { runs_.erase(run_id); }

std::shared_ptr<RunDriver> Engine::find_run(const RunId& run_id) const {
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? nullptr : found->second;
}

void Engine::log(LogLevel level, std::string_view module, std::string_view message, std::string_view run_id,
                 std::string_view trace_id, std::initializer_list<LogField> fields) const {
  if (!options_.log || !options_.log->wants(module, level)) return;
  options_.log->write(LogLine{level, module, message, run_id, trace_id, fields});
}

void Engine::close(std::uint64_t deadline_ms) {
  if (closed_.exchange(true)) return;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  auto collected = asio::post(*context_, asio::use_future([this] {
    std::vector<std::shared_ptr<RunDriver>> runs;
    for (const auto& [id, run] : runs_) runs.push_back(run);
    return runs;
  }));
  auto aborted = asio::co_spawn(executor(), abort_all(this, collected.get(), deadline), asio::use_future);
  aborted.wait_until(deadline);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    // Levenshtein distance by rows.
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t above = row[j];
        const std::size_t substitute = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        diagonal = above;
      }
    }
    if (row.back() < best) {
      best = row.back();
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace orchestrator::harness::runtime

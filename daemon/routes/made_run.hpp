// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all routes have in common that make a run: the run is durable before it is told of, and under an
// Idempotency-Key it is made once. On the daemon's thread.

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/routes/route.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::daemon {

/// One way to make a run, for one request.
class RunStart {
 public:
  virtual ~RunStart() = default;
  /// Makes the run; its handle reads from the first event. `key` is the request's key as labels have it, empty without
  /// one. Called once at most.
  virtual boost::asio::awaitable<std::expected<harness::RunHandle, ApiError>> start(std::string key) = 0;
  /// The label by which a run that was started under `key` is found again: its name, and how its value ends.
  [[nodiscard]] virtual std::pair<std::string, std::string> label_of(const std::string& key) const = 0;
  /// What is asked for beside the body: two requests under one key must agree in it.
  [[nodiscard]] virtual std::string scope() const = 0;
};

/// Makes the run, or finds the one that the request's key made, and shows it: 201. Otherwise a refusal.
boost::asio::awaitable<Reply> make_run(Call call, std::shared_ptr<RunStart> start);

/// The run as it is now, under this status; with 201 where it is to be found.
boost::asio::awaitable<Reply> show_run(std::shared_ptr<Service> service, harness::RunId run_id, unsigned status);

/// Who asks, for a run that takes no labels but that; with `key`, it ends in that key.
[[nodiscard]] std::string asker_of(const Principal& principal, const std::string& key);

[[nodiscard]] Parameter idempotency_key_parameter();
/// The row of an answer that shows a run.
[[nodiscard]] AnswerRule run_answer(unsigned status, std::string_view summary);

}  // namespace orchestrator::daemon

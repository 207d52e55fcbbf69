// SPDX-License-Identifier: Apache-2.0
#pragma once

// One question to a classifier: waits for a place, calls the model, and gives up at the deadline. Used on the harness's
// thread only.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/gate_asker.hpp"

namespace orchestrator::harness::runtime {

/// Takes an answer's text and what it used.
class ClassifierSink : public ProviderSink {
 public:
  Awaitable<void> headers(std::uint32_t status, std::string provider_request_id) override;
  Awaitable<void> add(std::vector<ProviderPart>* parts) override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> flush_at() const override { return {}; }
  Awaitable<void> flush() override;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::optional<Usage>& usage() const { return usage_; }
  /// How the answer ended; empty while it has not.
  [[nodiscard]] const std::optional<Result<void>>& end() const { return end_; }

 private:
  std::string text_;  // bounded by the decoder
  std::optional<Usage> usage_;
  std::optional<Result<void>> end_;
};

class ClassifierCall : public std::enable_shared_from_this<ClassifierCall> {
 public:
  ClassifierCall(const boost::asio::any_io_executor& executor, std::shared_ptr<Engine> engine, ClassifierCheck check,
                 std::shared_ptr<const AskedSubject> subject);

  /// The score, or why there is none. Once.
  boost::asio::awaitable<GateAnswer> answer(SlotQueue* slots);

 private:
  using Outcome = std::expected<void, ProviderCallFailure>;

  void begin();
  boost::asio::awaitable<Outcome> call_model();
  [[nodiscard]] ProviderRequest request() const;
  [[nodiscard]] GateAnswer answer_of(const Outcome& outcome) const;
  [[nodiscard]] std::optional<std::uint64_t> cost() const;
  [[nodiscard]] ModelOffer offer() const;

  const std::shared_ptr<Engine> engine_;
  const ClassifierCheck check_;
  const std::shared_ptr<const AskedSubject> subject_;
  boost::asio::steady_timer timer_;
  boost::asio::cancellation_signal cancel_;
  ClassifierSink sink_;
  bool has_begun_ = false;
  std::optional<Outcome> outcome_;
};

}  // namespace orchestrator::harness::runtime

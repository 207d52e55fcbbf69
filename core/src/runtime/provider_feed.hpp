// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sink of one provider call: joins the parts of a flush window into one input of the run, and holds the adapter
// back while the journal is behind. Lives in the call's coroutine; harness's thread only.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "codec/redaction/answer_redactor.hpp"
#include "orchestrator/harness/provider.hpp"
#include "runtime/answer_gate.hpp"

namespace orchestrator::harness::runtime {

class RunDriver;

class ProviderFeed final : public ProviderSink {
 public:
  /// `driver` and `redactor` outlive the feed.
  ProviderFeed(RunDriver* driver, std::uint32_t attempt, std::chrono::milliseconds window,
               std::optional<AnswerGate> gate = {}, const codec::RunRedactor* redactor = nullptr);
  ProviderFeed(const ProviderFeed&) = delete;
  ProviderFeed& operator=(const ProviderFeed&) = delete;

  Awaitable<void> headers(std::uint32_t status, std::string provider_request_id) override;
  Awaitable<void> add(std::vector<ProviderPart>* parts) override;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> flush_at() const override;
  Awaitable<void> flush() override;

  /// True once a terminal part came.
  [[nodiscard]] bool saw_end() const { return saw_end_; }
  /// True once a piece or an item came.
  [[nodiscard]] bool saw_output() const { return saw_output_; }
  /// The last usage that came, sent on with the end of the answer.
  [[nodiscard]] const Usage& usage() const { return usage_; }
  /// What rules say of the text that came.
  [[nodiscard]] std::vector<GateVerdict> verdicts() const;

 private:
  Awaitable<void> ask_rules();
  Awaitable<void> judge(ProviderPart part);
  void take(ProviderPart part);
  void join(ProviderPart part);
  [[nodiscard]] bool is_due() const;

  RunDriver* driver_;
  std::uint32_t attempt_;
  std::chrono::milliseconds window_;
  std::optional<codec::AnswerRedactor> redactor_;  // before the rules
  std::optional<AnswerGate> gate_;
  std::vector<ProviderPart> pending_;
  std::size_t pending_bytes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> last_flush_;
  Usage usage_;
  bool saw_usage_ = false;
  bool saw_output_ = false;
  bool saw_end_ = false;
};

}  // namespace orchestrator::harness::runtime

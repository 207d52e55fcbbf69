// SPDX-License-Identifier: Apache-2.0
// Log lines without secrets: what the policy knows by value, and what looks like a vendor's key.
#include <deque>
#include <utility>
#include <vector>

#include "codec/redaction/redactor.hpp"
#include "orchestrator/harness/observability.hpp"
#include "telemetry/keys_alone.hpp"

namespace orchestrator::harness {
namespace {

class FilteredLogSink final : public LogSink {
 public:
  FilteredLogSink(std::shared_ptr<LogSink> inner, codec::Redactor redactor)
      : inner_(std::move(inner)), redactor_(std::move(redactor)) {}

  [[nodiscard]] bool wants(std::string_view module, LogLevel level) const override {
    return inner_->wants(module, level);
  }
  void write(const LogLine& line) override {
    if (!wants(line.module, line.level)) return;
    std::deque<std::string> texts;  // that the views of the line are of
    const auto cleaned = [&](std::string_view text) {
      return std::string_view(texts.emplace_back(redactor_.redact(text).text));
    };
    std::vector<LogField> fields;
    for (const auto& [name, value] : line.fields) fields.emplace_back(cleaned(name), redactor_.redact(value).text);
    inner_->write(LogLine{line.level, line.module, cleaned(line.message), line.run_id, cleaned(line.trace_id),
                          LogFields(fields)});
  }

 private:
  const std::shared_ptr<LogSink> inner_;  // shared with whoever made it
  const codec::Redactor redactor_;
};

}  // namespace

Result<std::shared_ptr<LogSink>> filtered_log_sink(std::shared_ptr<LogSink> inner, const RedactionPolicy& policy) {
  RedactionPolicy of_lines = keys_alone(policy);
  auto redactor = codec::Redactor::compile(std::move(of_lines));
  if (!redactor) return std::unexpected(std::move(redactor.error()));
  return std::make_shared<FilteredLogSink>(std::move(inner), *std::move(redactor));
}

}  // namespace orchestrator::harness

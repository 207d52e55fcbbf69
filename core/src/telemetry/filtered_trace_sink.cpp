// SPDX-License-Identifier: Apache-2.0
// Traces that hold less than the journal. The visitor reaches every string of every event; see string_fields.hpp.
#include <utility>

#include "codec/redaction/placeholder.hpp"
#include "codec/redaction/run_redactor.hpp"
#include "event/string_fields.hpp"
#include "orchestrator/harness/observability.hpp"
#include "telemetry/keys_alone.hpp"

namespace orchestrator::harness {
namespace {

using event::StringRole;

class EventVisitor {
 public:
  EventVisitor(const codec::Redactor& texts, const codec::Redactor& secrets) : values_(texts, secrets, nullptr) {}

  void on_string(std::string& value, StringRole role) {
    switch (role) {
      case StringRole::json:
        return values_.json(value);
      case StringRole::piece:
        if (!value.empty()) value = codec::kContentPlaceholder;
        return;
      case StringRole::identifier:
        return values_.identifier(value);
      case StringRole::text:
      case StringRole::needed:
        return values_.text(value);
    }
  }
  void on_named(const std::string& name, std::string& value) { values_.named(name, value); }
  // The bytes are in the store, not in the event.
  void on_media(MediaSource& source) {
    values_.text(source.url);
    values_.text(source.name);
    values_.identifier(source.media_type);
  }

 private:
  codec::ValueRedaction values_;
};

class FilteredTraceSink final : public TraceSink {
 public:
  FilteredTraceSink(std::shared_ptr<TraceSink> inner, codec::Redactor texts, codec::Redactor secrets)
      : inner_(std::move(inner)), texts_(std::move(texts)), secrets_(std::move(secrets)) {}

  void take(const StreamEvent& event) override {
    StreamEvent filtered = event;
    EventVisitor visitor(texts_, secrets_);
    event::visit_strings(visitor, filtered.payload);
    // In the journal what undoes a call stays as it is; here nobody undoes.
    if (auto* started = std::get_if<events::ToolCallStarted>(&filtered.payload); started && started->undo) {
      visitor.on_string(started->undo->data.text, StringRole::json);
    }
    inner_->take(filtered);
  }

 private:
  const std::shared_ptr<TraceSink> inner_;  // shared with whoever made it
  const codec::Redactor texts_;
  const codec::Redactor secrets_;
};

}  // namespace

Result<std::shared_ptr<TraceSink>> filtered_trace_sink(std::shared_ptr<TraceSink> inner, RedactionPolicy policy) {
  if (policy.mode == RedactionMode::none) {
    return fail(RuntimeErrorCode::configuration_invalid, "the mode none filters nothing", "redaction.mode");
  }
  RedactionPolicy secrets = keys_alone(policy);
  auto of_texts = codec::Redactor::compile(std::move(policy));
  if (!of_texts) return std::unexpected(std::move(of_texts.error()));
  auto of_secrets = codec::Redactor::compile(std::move(secrets));
  if (!of_secrets) return std::unexpected(std::move(of_secrets.error()));
  return std::make_shared<FilteredTraceSink>(std::move(inner), *std::move(of_texts), *std::move(of_secrets));
}

}  // namespace orchestrator::harness

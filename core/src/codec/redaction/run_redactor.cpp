// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/run_redactor.hpp"

#include <algorithm>
#include <utility>

#include "event/exact_json.hpp"
#include "event/json_writer.hpp"
#include "event/string_fields.hpp"

namespace orchestrator::harness::codec {
namespace {

using event::StringRole;

// Changes of the detectors change this, so that a run goes on under those that it began with only.
constexpr std::string_view kDetectorsVersion = "1";

Hash hash_of(const RedactionPolicy& policy) {
  std::string bytes =
      "redaction " + std::string(kDetectorsVersion) + "\n" + std::string(event::enum_name(policy.mode)) + "\n";
  const RedactionDetectors& use = policy.detectors;
  for (const bool is_on :
       {use.secret, use.vendor_key, use.email, use.card, use.iban, use.phone, use.name, use.entropy}) {
    bytes += is_on ? '1' : '0';
  }
  std::vector<std::string> names = policy.secret_names;
  std::ranges::sort(names);
  for (const std::string& name : names) bytes += "\n" + name;
  return sha256(bytes);
}

// By its type, else by its bytes alone.
bool is_textual(std::string_view media_type) {
  return media_type.starts_with("text/") || media_type.starts_with("application/json") ||
         media_type.starts_with("application/xml") || media_type.ends_with("+json") || media_type.ends_with("+xml");
}

class InputVisitor {
 public:
  explicit InputVisitor(ValueRedaction& redaction) : redaction_(redaction) {}
  void on_string(std::string& value, StringRole role) {
    switch (role) {
      case StringRole::text:
        return redaction_.text(value);
      case StringRole::json:
        return redaction_.json(value);
      case StringRole::identifier:
        return redaction_.identifier(value);
      case StringRole::piece:
      case StringRole::needed:
        return;
    }
  }
  void on_named(const std::string& name, std::string& value) { redaction_.named(name, value); }
  void on_media(MediaSource& source) { redaction_.media(source); }

 private:
  ValueRedaction& redaction_;
};

}  // namespace

std::vector<events::RedactionCount> listed(const RedactionCounts& counts) {
  std::vector<events::RedactionCount> list;
  for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) {
    if (counts[kind] > 0) list.push_back({static_cast<RedactionKind>(kind), counts[kind]});
  }
  return list;
}

Result<RunRedactor> RunRedactor::compile(RedactionPolicy policy, std::shared_ptr<SecretVault> vault) {
  if (policy.mode == RedactionMode::metadata_only) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "under metadata_only a model would be asked about nothing: it is for traces; runs take none, full and "
                "reversible",
                "redaction.mode");
  }
  if (policy.mode == RedactionMode::reversible && !vault) {
    return fail(RuntimeErrorCode::configuration_invalid, "the mode reversible needs a vault", "redaction.mode");
  }
  if (policy.mode != RedactionMode::reversible) vault.reset();
  const Hash hash = hash_of(policy);
  RedactionPolicy secrets = policy;
  secrets.secret_names.clear();
  secrets.detectors = {.secret = policy.detectors.secret,
                       .vendor_key = false,
                       .email = false,
                       .card = false,
                       .iban = false,
                       .phone = false,
                       .name = false,
                       .entropy = false};
  auto of_texts = Redactor::compile(std::move(policy));
  if (!of_texts) return std::unexpected(std::move(of_texts.error()));
  auto of_secrets = Redactor::compile(std::move(secrets));
  if (!of_secrets) return std::unexpected(std::move(of_secrets.error()));
  return RunRedactor(*std::move(of_texts), *std::move(of_secrets), std::move(vault), hash);
}

std::vector<events::RedactionCount> RunRedactor::redact(event::Input::Value& input) const {
  ValueRedaction redaction(texts_, secrets_, vault());
  InputVisitor visitor(redaction);
  if (auto* start = std::get_if<event::inputs::Start>(&input)) {
    event::visit_strings(visitor, start->spec);
    event::visit_strings(visitor, start->derivation);
  } else if (auto* chunk = std::get_if<event::inputs::ProviderChunk>(&input)) {
    event::visit_strings(visitor, chunk->gates);
  } else {
    std::visit(
        [&](auto& value) {
          if constexpr (event::DescribedStruct<std::decay_t<decltype(value)>>) event::visit_members(visitor, value);
        },
        input);
  }
  if (auto* returned = std::get_if<event::inputs::ToolReturned>(&input); returned && returned->full_output) {
    redaction.bytes(*returned->full_output, true);
  }
  return listed(redaction.counts());
}

std::vector<events::RedactionCount> RunRedactor::redact_output(std::vector<ContentPart>& parts,
                                                               std::string& written) const {
  ValueRedaction redaction(texts_, secrets_, vault());
  InputVisitor visitor(redaction);
  event::visit_strings(visitor, parts);
  redaction.text(written);
  return listed(redaction.counts());
}

std::string RunRedactor::restored_arguments(std::string_view arguments) const {
  return vault_ ? restore_json(arguments, *vault_) : std::string(arguments);
}

void ValueRedaction::take(RedactedText redacted, std::string& value) {
  for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) counts_[kind] += redacted.counts[kind];
  value = std::move(redacted.text);
}

void ValueRedaction::text(std::string& value) {
  if (!value.empty()) take(texts_.redact(value, vault_), value);
}

void ValueRedaction::json(std::string& value) {
  if (value.empty()) return;
  if (auto redacted = texts_.redact_json(value, vault_)) {
    take(*std::move(redacted), value);
    return;
  }
  std::string whole = value;
  text(whole);
  if (whole == value) return;
  value.clear();
  event::append_json_string(value, whole);
}

// As a member of an object, whose name may tell that its value is secret.
void ValueRedaction::named(const std::string& name, std::string& value) {
  std::string member = "{";
  event::append_json_string(member, name);
  member += ":";
  event::append_json_string(member, value);
  const std::string before = member + "}";
  auto redacted = texts_.redact_json(before, vault_);
  if (!redacted || redacted->text == before) return text(value);
  // The name may have changed as well; the value is the last text of the object.
  const auto changed = event::parse_exact(redacted->text, 2);
  const auto* object = changed && changed->is_object() ? &changed->get_object() : nullptr;
  if (object == nullptr || object->size() != 1 || !object->begin()->value().is_string()) return text(value);
  RedactedText taken = *std::move(redacted);
  taken.text = std::string(object->begin()->value().get_string());
  take(std::move(taken), value);
}

void ValueRedaction::identifier(std::string& value) {
  if (!value.empty()) take(secrets_.redact(value, vault_), value);
}

void ValueRedaction::bytes(SharedBytes& value, bool is_text) {
  if (!value.is_loaded() || value.size_bytes() == 0) return;
  const Redactor& redactor = is_text ? texts_ : secrets_;
  std::string changed;
  take(redactor.redact(value.view(), vault_), changed);
  if (changed != value.view()) value = SharedBytes(std::move(changed));
}

void ValueRedaction::media(MediaSource& source) {
  text(source.url);
  text(source.name);
  identifier(source.media_type);
  bytes(source.bytes, is_textual(source.media_type));
}

}  // namespace orchestrator::harness::codec

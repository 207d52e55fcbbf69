// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/redactor.hpp"

#include <algorithm>
#include <utility>

#include "codec/redaction/compiled_policy.hpp"
#include "codec/redaction/secret_forms.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kSecretsMax = 64;
constexpr std::size_t kSecretBytesMin = 6;
constexpr std::size_t kSecretBytesMax = 4'096;

Result<std::vector<std::string>> forms_of(const RedactionPolicy& policy) {
  std::vector<std::string> forms;
  if (policy.secrets.size() > kSecretsMax) {
    return fail(RuntimeErrorCode::configuration_invalid,
                std::to_string(policy.secrets.size()) + " secrets are to be redacted; at most 64 can be", "secrets");
  }
  for (std::size_t i = 0; i < policy.secrets.size(); ++i) {
    const ConfiguredSecret& secret = policy.secrets[i];
    const std::string at = "secrets[" + std::to_string(i) + "]";
    if (secret.name.empty() || secret.name.size() > SecretNames::kNameBytesMax) {
      return fail(RuntimeErrorCode::configuration_invalid,
                  "the name of a secret has 1 to 64 bytes, not " + std::to_string(secret.name.size()), at + ".name");
    }
    if (secret.value.size() < kSecretBytesMin) {
      return fail(RuntimeErrorCode::configuration_invalid,
                  "the secret '" + secret.name + "' has " + std::to_string(secret.value.size()) +
                      " bytes; less than 6 would turn up inside ordinary words, which redaction would then destroy",
                  at + ".value");
    }
    if (secret.value.size() > kSecretBytesMax) {
      return fail(RuntimeErrorCode::configuration_invalid,
                  "the secret '" + secret.name + "' has " + std::to_string(secret.value.size()) +
                      " bytes; at most 4,096 can be redacted",
                  at + ".value");
    }
    std::ranges::move(secret_forms(secret.value), std::back_inserter(forms));
  }
  return forms;
}

Result<SecretNames> names_of(const RedactionPolicy& policy) {
  if (policy.secret_names.size() > kSecretsMax) {
    return fail(RuntimeErrorCode::configuration_invalid,
                std::to_string(policy.secret_names.size()) + " secret names are given; at most 64 can be",
                "secret_names");
  }
  for (std::size_t i = 0; i < policy.secret_names.size(); ++i) {
    const std::string& name = policy.secret_names[i];
    if (name.size() > SecretNames::kNameBytesMax || plain_name(name).size() < 2) {
      return fail(RuntimeErrorCode::configuration_invalid,
                  "a secret name has 2 to 64 bytes, two of them letters or digits",
                  "secret_names[" + std::to_string(i) + "]");
    }
  }
  return SecretNames(policy.secret_names);
}

/// What stands in a text after its secrets were replaced, and where it was.
struct Edit {
  RedactedSpan original;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The position in the original text. REQUIRES: `edits` in order.
std::size_t original_of(const std::vector<Edit>& edits, std::size_t position) {
  const auto after = std::ranges::upper_bound(edits, position, {}, &Edit::begin);
  if (after == edits.begin()) return position;
  const Edit& edit = *std::prev(after);
  return position >= edit.end ? edit.original.end + (position - edit.end) : edit.original.begin;
}

// Adds to the spans of the scanner those of the secrets, less what lies inside others.
std::vector<RedactedSpan> joined(const std::vector<Edit>& edits, const std::vector<RedactedSpan>& scanned) {
  std::vector<RedactedSpan> spans;
  for (RedactedSpan span : scanned) {
    span.begin = original_of(edits, span.begin);
    span.end = original_of(edits, span.end);
    spans.push_back(span);
  }
  const auto covered = [&](const Edit& edit) {
    return std::ranges::any_of(spans, [&](const RedactedSpan& span) {
      return span.begin <= edit.original.begin && edit.original.end <= span.end;
    });
  };
  std::vector<RedactedSpan> secrets;
  for (const Edit& edit : edits) {
    if (spans.empty() || !covered(edit)) secrets.push_back(edit.original);
  }
  std::vector<RedactedSpan> all;
  std::ranges::merge(spans, secrets, std::back_inserter(all), {}, &RedactedSpan::begin, &RedactedSpan::begin);
  return all;
}

}  // namespace

Redactor::Redactor(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Redactor::~Redactor() = default;
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;

RedactionMode Redactor::mode() const { return compiled_->mode; }

Result<Redactor> Redactor::compile(RedactionPolicy policy) {
  auto forms = forms_of(policy);
  if (!forms) return std::unexpected(forms.error());
  auto names = names_of(policy);
  if (!names) return std::unexpected(names.error());
  if (!policy.detectors.secret) forms->clear();
  return Redactor(std::make_unique<const Compiled>(
      Compiled{.mode = policy.mode,
               .secrets = SecretMatcher(*forms),
               .rules = {.detectors = policy.detectors, .names = *std::move(names), .patterns = {}}}));
}

RedactedText Redactor::redact(std::string_view text, SecretVault* vault) const {
  RedactedText result;
  if (compiled_->mode == RedactionMode::none || text.empty()) {
    result.text = text;
    return result;
  }
  if (compiled_->mode == RedactionMode::metadata_only) {
    result.text = kContentPlaceholder;
    return result;
  }
  vault = compiled_->used(vault);
  std::vector<Edit> edits;
  std::string without;
  if (!compiled_->secrets.empty()) {
    std::vector<SecretFind> finds;
    SecretScan scan(compiled_->secrets);
    scan.append(text, finds);
    scan.finish(finds);
    std::size_t copied = 0;
    for (const SecretFind& find : finds) {
      without += text.substr(copied, find.begin - copied);
      const std::string placeholder =
          placeholder_for(vault, RedactionKind::secret, text.substr(find.begin, find.end - find.begin));
      edits.push_back({.original = {find.begin, find.end, RedactionKind::secret},
                       .begin = without.size(),
                       .end = without.size() + placeholder.size()});
      without += placeholder;
      copied = find.end;
    }
    if (!edits.empty()) without += text.substr(copied);
  }
  if (!compiled_->scans()) {
    result.text = edits.empty() ? std::string(text) : std::move(without);
    result.counts[static_cast<std::size_t>(RedactionKind::secret)] = edits.size();
    for (const Edit& edit : edits) result.spans.push_back(edit.original);
    return result;
  }
  TextScanner scanner(compiled_->rules, vault);
  result.text.reserve(text.size());
  scanner.read(edits.empty() ? text : std::string_view(without), true, result.text);
  result.counts = scanner.counts();
  result.counts[static_cast<std::size_t>(RedactionKind::secret)] += edits.size();
  result.spans = edits.empty() ? scanner.spans() : joined(edits, scanner.spans());
  return result;
}

}  // namespace orchestrator::harness::codec

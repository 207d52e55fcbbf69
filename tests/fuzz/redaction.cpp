// SPDX-License-Identifier: Apache-2.0
// Any text, cut anywhere: a stream must give what the whole gives, valid UTF-8 must stay valid, a second pass must
// change nothing, a vault must give back what was taken, and JSON must stay JSON. The first byte of the input chooses
// the cuts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <boost/json/parse.hpp>

#include "codec/redaction/redactor.hpp"
#include "codec/redaction/stream_redactor.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;
using codec::MemoryVault;
using codec::RedactedText;
using codec::Redactor;
using codec::StreamRedactor;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_same(std::string_view what, std::string_view actual, std::string_view expected) {
  if (actual == expected) return;
  std::cerr << what << "\n  is:     " << actual << "\n  not as: " << expected << '\n';
  std::abort();
}

Redactor redactor_of(RedactionMode mode) {
  RedactionPolicy policy;
  policy.mode = mode;
  policy.detectors.phone = true;
  policy.secrets = {
      {.name = "a", .value = "aaaaaa"}, {.name = "b", .value = "aaaaaab\"/c"}, {.name = "c", .value = "xyzxyzxy"}};
  policy.secret_names = {"pin"};
  return Redactor::compile(policy).value();
}

std::string cut(const Redactor& redactor, std::string_view text, std::uint32_t seed, SecretVault* vault) {
  StreamRedactor stream(redactor, vault);
  std::string out;
  while (!text.empty()) {
    seed = seed * 1'664'525U + 1'013'904'223U;
    const std::size_t size = std::min<std::size_t>(text.size(), 1 + (seed >> 24) % 24);
    out += stream.append(text.substr(0, size));
    text.remove_prefix(size);
    require(stream.held_bytes() <= stream.held_bytes_max() + size);
  }
  return out + stream.finish();
}

void check_spans(std::string_view text, const RedactedText& redacted) {
  std::size_t at = 0;
  for (const codec::RedactedSpan& span : redacted.spans) {
    require(span.begin >= at && span.begin <= span.end && span.end <= text.size());
    at = span.end;
  }
}

void check_json(const Redactor& redactor, std::string_view text) {
  const auto redacted = redactor.redact_json(text);
  if (!redacted) return;
  boost::json::error_code code;
  boost::json::parse_options options;
  options.max_depth = Redactor::kJsonDepthMax;
  (void)boost::json::parse(redacted->text, code, {}, options);
  require(!code);
  const auto again = redactor.redact_json(redacted->text);
  require(again.has_value());
  require_same("JSON, again", again->text, redacted->text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Redactor full = redactor_of(RedactionMode::full);
  static const Redactor reversible = redactor_of(RedactionMode::reversible);
  static const Redactor metadata = redactor_of(RedactionMode::metadata_only);
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const RedactedText whole = full.redact(text);
  check_spans(text, whole);
  require_same("cut", cut(full, text, data[0], nullptr), whole.text);
  require_same("again", full.redact(whole.text).text, whole.text);
  if (event::is_valid_utf8(text)) require(event::is_valid_utf8(whole.text));
  if (text.find("[redacted:") == std::string_view::npos) {
    MemoryVault vault;
    require_same("restored", restore(reversible.redact(text, &vault).text, vault), text);
    MemoryVault cut_vault;
    require_same("cut and restored", restore(cut(reversible, text, data[0], &cut_vault), cut_vault), text);
  }
  check_json(full, text);
  check_json(metadata, text);
  return 0;
}

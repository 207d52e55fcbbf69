// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "codec/redaction/testing/labelled_texts.hpp"

namespace orchestrator::harness::codec::testing {
namespace {

constexpr std::string_view kOpen = "«";
constexpr std::string_view kClose = "»";

RedactionKind kind_of(std::string_view name) {
  for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) {
    if (name_of(static_cast<RedactionKind>(kind)) == name) return static_cast<RedactionKind>(kind);
  }
  throw std::invalid_argument("a label of no kind: " + std::string(name));
}

}  // namespace

LabelledText unmarked(std::string_view marked) {
  LabelledText out;
  while (true) {
    const std::size_t open = marked.find(kOpen);
    out.text += marked.substr(0, open);
    if (open == std::string_view::npos) return out;
    marked.remove_prefix(open + kOpen.size());
    const std::size_t bar = marked.find('|');
    const std::size_t close = marked.find(kClose);
    const std::size_t begin = out.text.size();
    out.text += marked.substr(bar + 1, close - bar - 1);
    out.values.push_back({.begin = begin, .end = out.text.size(), .kind = kind_of(marked.substr(0, bar))});
    marked.remove_prefix(close + kClose.size());
  }
}

RedactionPolicy labelled_policy() {
  RedactionPolicy policy;
  policy.secrets = {{.name = "first", .value = "vault/Quark&77 \"x\""},
                    {.name = "second", .value = "zebra-Lantern-4471"},
                    {.name = "third", .value = "Grüße_an_42_Käse"}};
  policy.detectors.phone = true;
  return policy;
}

}  // namespace orchestrator::harness::codec::testing

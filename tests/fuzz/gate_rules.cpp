// SPDX-License-Identifier: Apache-2.0
// Any text as a file of rules, and what follows its first NUL as an answer under them. The file is refused with its
// place, or its rules compile; then the answer, cut into pieces, comes out as valid text, nothing is held back longer
// than a window, and nothing comes after a stop.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codec/gates/rule_set.hpp"
#include "codec/lossy_utf8.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;

constexpr std::size_t kWindowMost = 4'096;

void require(bool holds) {
  if (!holds) std::abort();
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

void stream(const codec::RuleSet& rules, std::string_view answer) {
  codec::StreamGate gate = rules.stream_gate();
  std::string out;
  for (std::size_t at = 0, step = 1; at < answer.size(); ++step) {
    std::size_t end = std::min(at + 1 + step % 7, answer.size());
    while (end < answer.size() && continues_character(answer[end])) ++end;
    const bool was_stopped = gate.is_stopped();
    const std::size_t before = out.size();
    gate.append(out, answer.substr(at, end - at));
    require(!was_stopped || out.size() == before);
    require(gate.held_bytes() <= kWindowMost + 16);
    at = end;
  }
  gate.finish(out);
  require(gate.held_bytes() == 0 && event::is_valid_utf8(out));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\0'), text.size());
  const auto policy = parse_gate_rules(text.substr(0, end), "fuzz.toml");
  if (!policy) {
    require(policy.error().code == "configuration_invalid" && policy.error().message.starts_with("fuzz.toml:"));
    return 0;
  }
  const auto rules = codec::RuleSet::compile(*policy);
  require(rules.has_value() && rules->policy() == *policy);
  std::string answer;
  codec::append_lossy_utf8(answer, text.substr(std::min(end + 1, size)));
  stream(*rules, answer);
  codec::GateSubject subject;
  for (const GatePhase phase : {GatePhase::input, GatePhase::tool, GatePhase::output}) {
    subject.phase = phase;
    subject.text = answer;
    subject.tool = "tool";
    subject.arguments = answer;
    subject.workspace = "/srv/project";
    for (const GateVerdict& verdict : rules->judge(subject)) {
      require(verdict.phase == phase && verdict.passed == (verdict.action == GateAction::allow));
    }
  }
  return 0;
}

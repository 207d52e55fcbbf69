// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/gate_rules.hpp"

#include <cstdint>

#include "cli/display/quoted_text.hpp"
#include "cli/input/byte_reader.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::uint64_t kFileBytesMax = 1ULL << 20;

}  // namespace

harness::Result<harness::SafetyPolicy> read_gate_rules(const std::string& path) {
  auto file = read_file(path, kFileBytesMax);
  if (!file) {
    return harness::fail(harness::RuntimeErrorCode::configuration_invalid,
                         "the rules in " + path + ": the file " + file.error(), path);
  }
  return harness::parse_gate_rules(file->bytes, path);
}

harness::Result<harness::SafetyPolicy> gate_rules_in_force(const Invocation& invocation,
                                                           const Configuration& configuration) {
  if (const auto path = invocation.value("--gates"); path) {
    return read_gate_rules(*path);
  }
  if (const auto path = configuration.text("safety.rules"); path) {
    // A relative one would be another file in every folder, and a project could put its own in its place.
    if (!path->starts_with('/')) {
      return harness::fail(harness::RuntimeErrorCode::configuration_invalid,
                           "safety.rules (ORCHESTRATOR_GATES) is " + quoted_text(*path) +
                               "; an absolute path is allowed, such as " +
                               quoted_text(configuration.folders().config.value_or("/etc") + "/gates.toml"),
                           "safety.rules");
    }
    return read_gate_rules(*path);
  }
  return harness::SafetyPolicy{};
}

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/gate_rules.hpp"

#include <cstdint>

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
    return read_gate_rules(*path);
  }
  return harness::SafetyPolicy{};
}

}  // namespace orchestrator::cli

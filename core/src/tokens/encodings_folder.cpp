// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <filesystem>
#include <system_error>

#include "orchestrator/harness/token_counter.hpp"

namespace orchestrator::harness {
namespace {

using std::filesystem::path;

constexpr const char* kBelow = "share/orchestrator/encodings";

bool has_ranks(const path& folder) {
  std::error_code error;
  for (const char* name : {"o200k_base.tiktoken", "cl100k_base.tiktoken"}) {
    if (std::filesystem::is_regular_file(folder / name, error)) return true;
  }
  return false;
}

// CHECKOUT of CHECKOUT/build/PRESET/bin/NAME, or empty.
path checkout_of(const path& executable) {
  const path bin = executable.parent_path();
  const path build = bin.parent_path().parent_path();
  return bin.filename() == "bin" && build.filename() == "build" ? build.parent_path() : path();
}

}  // namespace

std::string encodings_folder(const std::string& executable) {
  std::error_code failed;
  path program = executable;
  if (program.empty()) program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (const path checkout = checkout_of(program); !checkout.empty() && has_ranks(checkout / ".encodings")) {
    return (checkout / ".encodings").string();
  }
  const path last = path("/usr") / kBelow;
  for (const path& prefix : std::array{program.parent_path().parent_path(), path("/usr/local"), path("/usr")}) {
    if (has_ranks(prefix / kBelow)) return (prefix / kBelow).string();
  }
  return last.string();
}

}  // namespace orchestrator::harness

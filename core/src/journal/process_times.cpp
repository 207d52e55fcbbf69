// SPDX-License-Identifier: Apache-2.0
#include "journal/process_times.hpp"

#include <fcntl.h>

#include <sstream>

#include "journal/file_bytes.hpp"
#include "journal/file_descriptor.hpp"

namespace orchestrator::harness::journal {

// Of /proc/PID/stat, see proc(5).
std::optional<ProcessTimes> times_of(const std::string& pid) {
  constexpr std::size_t kBytes = 1'024;
  constexpr int kFieldsBetween = 18;  // from the state to the beginning
  const FileDescriptor file(::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  const std::string text = read_small_file(file.get(), kBytes);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state;
  std::string field;
  fields >> state;
  for (int i = 0; i <= kFieldsBetween; ++i) fields >> field;
  if (!fields) return std::nullopt;
  return ProcessTimes{state == "Z" || state == "X", field};
}

}  // namespace orchestrator::harness::journal

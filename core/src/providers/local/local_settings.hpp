// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the local model's Python environment, launcher and state are, and how its server is to run.
// Plain values; finding them reads environment variables (through the given function) and asks which
// files exist, nothing else. Safe to use from several threads.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace orchestrator::harness::providers {

/// The one model that the local server has.
inline constexpr std::string_view kLocalModel = "smollm2-135m-instruct";

/// Settings of the shared local server. Paths must be absolute; an empty one means "not known".
struct LocalSettings {
  std::filesystem::path python;                            // the environment's interpreter
  std::filesystem::path launcher;                          // serve.py
  std::filesystem::path state_dir;                         // made with mode 0700 when missing
  std::filesystem::path model_file;                        // empty: the packaged one
  std::string install_hint;                                // how to get what is missing: "`./dev run` installs it"
  std::uint16_t port = 0;                                  // 0: a free one
  unsigned threads = 0;                                    // 0: one for each CPU, 4 at most
  std::chrono::milliseconds idle_after{600'000};           // an idle server ends by itself; 100 ms or more
  std::chrono::milliseconds end_time{6'000};               // from SIGTERM to SIGKILL; the launcher needs 5 s at most
  std::chrono::milliseconds health_timeout{2'000};         // for one GET /health
  std::chrono::milliseconds replace_silent_after{10'000};  // a living server without a healthy answer
};

/// The value of an environment variable, empty where it is unset.
using EnvironmentLookup = std::function<std::string(const std::string& name)>;

/// The settings for the program at `executable` (absolute): ORCHESTRATOR_LOCAL_PYTHON, _SERVE and _STATE
/// where set; else the checkout that `executable` was built in (CHECKOUT/build/PRESET/bin/NAME); else the
/// installed launcher beside it and the user's data folder. What is not there still gets a path, so that
/// an error can name it.
[[nodiscard]] LocalSettings find_local_settings(const std::filesystem::path& executable,
                                                const EnvironmentLookup& environment);
/// The same with this process's environment; an empty `executable` is this process's own program.
[[nodiscard]] LocalSettings find_local_settings(const std::filesystem::path& executable);

}  // namespace orchestrator::harness::providers

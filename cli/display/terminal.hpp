// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands behind stdin, stdout and stderr. A plain value, found once at the start.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace orchestrator::cli {

/// The value of an environment variable, or nothing where it is unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

struct Terminal {
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool err_colour = false;   // stderr is a terminal that knows colour, and nobody asked for none
  std::size_t columns = 80;  // of stdout, or else of stderr; 20 to 500
};

/// Looks at file descriptors 0, 1 and 2, NO_COLOR, TERM and COLUMNS.
[[nodiscard]] Terminal find_terminal(const Environment& environment);

/// The process's own environment. Must not be used while another thread changes it.
[[nodiscard]] Environment process_environment();

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a command is one that a rule names: a program and its first arguments. Pure functions, safe on any thread.

#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::codec {

/// The words of a rule: what stands between spaces.
[[nodiscard]] std::vector<std::string> words_of(std::string_view rule);

/// Whether a command without a shell begins with the words of an allowed one, each as it is. The program counts as it
/// is written: what `git` allows is not `./git`.
[[nodiscard]] bool is_allowed_command(const std::vector<std::string>& argv, const std::vector<std::string>& words);

/// Whether a denied command may be meant: the program by its last name, whatever its folder, also behind programs that
/// run others (`env`, `sudo`, `xargs` ...), and the words after it anywhere among its arguments, in order.
[[nodiscard]] bool is_denied_command(const std::vector<std::string>& argv, const std::vector<std::string>& words);

/// The same of a text for a shell: its words are what stands between characters that no name has. In doubt, denied.
[[nodiscard]] bool is_denied_script(std::string_view script, const std::vector<std::string>& words);

}  // namespace orchestrator::harness::codec

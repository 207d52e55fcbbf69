// SPDX-License-Identifier: Apache-2.0
#pragma once

// The built-in tools by name; docs/harness/workspace-tools.md says what each does. Each object may serve many runs.

#include <memory>

#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::tools {

[[nodiscard]] std::shared_ptr<Tool> make_read_file(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_write_file(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_edit_file(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_move_file(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_delete_file(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_make_directory(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_list_files(const BuiltInToolsConfig& config);
[[nodiscard]] std::shared_ptr<Tool> make_search_files(const BuiltInToolsConfig& config);

}  // namespace orchestrator::harness::tools

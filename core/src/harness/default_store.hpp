// SPDX-License-Identifier: Apache-2.0
#pragma once

// The store of those who name none: an SQLite journal in the state folder. Before 0.2.2 it was a folder of files beside
// it, whose runs are taken over when the journal is opened first.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::assembly {

/// `sqlite:STATE_FOLDER/runs.db`.
[[nodiscard]] std::string default_store_url(const std::string& state_folder);

/// Opens the store at `url`, which `default_store_url` gave. `say` gets one line on what was taken over, or why nothing
/// was; a failure of that keeps nobody from the store. Blocks. Errors as of `open_store`.
[[nodiscard]] Result<std::shared_ptr<JournalStore>> open_default_store(
    const std::string& url, const std::function<void(std::string_view)>& say);

}  // namespace orchestrator::harness::assembly

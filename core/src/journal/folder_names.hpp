// SPDX-License-Identifier: Apache-2.0
#pragma once

// The names in a folder. One call reads them all; any thread.

#include <functional>
#include <string_view>

#include "journal/file_descriptor.hpp"

namespace orchestrator::harness::journal {

/// Calls `visit` for each name but `.` and `..`, in no order, until it returns false. Takes the open folder over;
/// 0, or the errno.
int visit_names(FileDescriptor folder, const std::function<bool(std::string_view)>& visit);

}  // namespace orchestrator::harness::journal

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a model or a file wrote, made safe for this terminal. See codec/text_filter.hpp.

#include "codec/text_filter.hpp"

namespace orchestrator::cli {

using harness::codec::one_line;
using harness::codec::shown_text;
using harness::codec::TextFilter;

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Characters that Unicode has given a class since version 14, the one that Debian 12's PCRE2 knows. Pure.

#include <string>
#include <string_view>

namespace orchestrator::harness::tokens {

/// The newer characters of a general category (`L`, `Lu`, `N`, ...) in the form of a PCRE2 class without its brackets;
/// empty for one that has none.
[[nodiscard]] std::string newer_characters(std::string_view category);

}  // namespace orchestrator::harness::tokens

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The address of a PostgreSQL journal, and what of it may be shown. Pure functions, on any thread.

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

struct PostgresAddress {
  std::string url;                   // as it was given; may hold a password, so it is never shown
  std::string shown;                 // the same without passwords
  std::vector<std::string> secrets;  // what no message may contain
};

/// True for `postgres://` and `postgresql://`.
[[nodiscard]] bool is_postgres_url(std::string_view url);

/// Error: `configuration_invalid` for what libpq does not read as an address, and for one whose password could end in
/// several places. It repeats no part of the address.
[[nodiscard]] Result<PostgresAddress> parse_postgres_address(const std::string& url);

/// The text of any address without the password before its host and those among its parameters. Where it is not certain
/// where a password ends, nothing but the scheme.
[[nodiscard]] std::string without_passwords(std::string_view url);

/// What libpq said, on one line and without the secrets of the address.
[[nodiscard]] std::string shown_message(std::string_view message, const PostgresAddress& address);

}  // namespace orchestrator::harness::journal

// SPDX-License-Identifier: Apache-2.0
#include "journal/room.hpp"

#include <algorithm>
#include <string>

namespace orchestrator::harness::journal {
namespace {

// Pages (of 4 KiB). Some stay free for what is written next; a step is small, since writes wait for it.
constexpr std::int64_t kFreePagesKept = 64;
constexpr std::int64_t kPagesOfStep = 256;

}  // namespace

Result<bool> shrink_step(storage::SqliteConnection& connection) {
  const auto free_pages = connection.integer_of("PRAGMA freelist_count");
  if (!free_pages) return std::unexpected(free_pages.error());
  if (*free_pages <= kFreePagesKept) return false;
  const std::int64_t pages = std::min(*free_pages - kFreePagesKept, kPagesOfStep);
  auto shrunk = connection.execute("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
  if (!shrunk) return std::unexpected(shrunk.error());
  const auto left = connection.integer_of("PRAGMA freelist_count");
  if (!left) return std::unexpected(left.error());
  return *left < *free_pages;  // a file that was made without auto_vacuum keeps its size
}

}  // namespace orchestrator::harness::journal

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading one journal file: a page of lines after an event, found by halving the file and never by reading all of it,
// and the end of what is whole. Reads need no lock and see lines that another process appends. Functions of an open
// file; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/stored_line.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

struct JournalFile {
  int fd = -1;
  std::string path;  // for messages
  RunId run_id;
};

struct Page {
  std::vector<JournalLine> lines;
  LinePlace end;  // after the last of them
};

/// The lines with events after `after_seq`, at least one if there is any, at most about `bytes_max` in all. Every line
/// is checked, those that are skipped from `hint` on as well. `hint` is where a page for the same `after_seq` may
/// begin; where it is stale it is not used. A torn tail ends the page. Errors: `journal_damaged` at the first line of
/// the page, `storage_failed`.
[[nodiscard]] Result<Page> read_page(const JournalFile& file, std::uint64_t after_seq, std::uint64_t bytes_max,
                                     const std::optional<LinePlace>& hint);

/// The end of what is whole, and the size of the file; what is between them is a torn tail.
struct WholePart {
  LinePlace end;
  std::uint64_t file_bytes = 0;
};

/// Checks every line. Errors: `journal_damaged` where one is bad and not part of a torn tail, `not_a_journal` where
/// the first one is no journal's, `storage_failed`.
[[nodiscard]] Result<WholePart> scan_journal(const JournalFile& file);

/// The first and the last whole line, by their text; both empty where there is none. Does not check them.
struct OuterLines {
  std::string first;
  std::string last;
  std::uint64_t file_bytes = 0;
};
[[nodiscard]] Result<OuterLines> read_outer_lines(const JournalFile& file);

}  // namespace orchestrator::harness::journal

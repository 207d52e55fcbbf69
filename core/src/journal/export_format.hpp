// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lines of an exported file that are not lines of a journal: its header, what stands before and after the lines of
// each run, contents, and the receipt at its end. Each is one JSON object with these members in this order and no
// white space. Pure. Format: docs/journal-format.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

inline constexpr std::string_view kExportFormat = "orchestrator-run";
inline constexpr std::uint64_t kExportVersion = 1;
/// The most runs in one file, and the most contents of one run.
inline constexpr std::uint64_t kExportRunsMax = 1'000;
inline constexpr std::uint64_t kExportContentsMax = 1'000'000;

/// The first line.
struct ExportHeader {
  RunId run_id;            // the run that was asked for, the last one of the file
  std::uint64_t runs = 1;  // it, and those that it goes on from
  bool is_erased = false;  // what was said is not in the file, only its digests
  bool operator==(const ExportHeader&) const = default;
};

/// What stands before the lines of a run.
struct ExportedRun {
  RunId run_id;
  SessionId session_id;
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  Hash head;
  std::uint64_t contents = 0;  // that follow the lines
  std::vector<Hash> missing;   // contents that the lines refer to and the file does not have
  std::vector<RunId> sources;  // runs that it goes on from
  bool operator==(const ExportedRun&) const = default;
};

/// The last line.
struct ExportReceipt {
  std::uint64_t lines = 0;  // before it
  Hash head;                // of the run that was asked for
  Hash sha256;              // of all bytes before it
  bool operator==(const ExportReceipt&) const = default;
};

/// Each without a line end.
[[nodiscard]] std::string to_line(const ExportHeader& header);
[[nodiscard]] std::string to_line(const ExportedRun& run);
[[nodiscard]] std::string to_line(const ExportReceipt& receipt);
[[nodiscard]] std::string to_line(const SharedBytes& content);

/// What a line is, by how it begins.
enum class ExportLine : std::uint8_t { run, step, content, receipt, other };
[[nodiscard]] ExportLine kind_of(std::string_view line);

/// Errors: `not_a_journal` for the header of something else, `version_too_new`, `limit_exceeded`, and `journal_damaged`
/// with what is wrong.
[[nodiscard]] Result<ExportHeader> parse_header(std::string_view line);
[[nodiscard]] Result<ExportedRun> parse_run(std::string_view line);
[[nodiscard]] Result<ExportReceipt> parse_receipt(std::string_view line);
/// The content, whose bytes have the hash that the line names.
[[nodiscard]] Result<SharedBytes> parse_content(std::string_view line);

}  // namespace orchestrator::harness::journal

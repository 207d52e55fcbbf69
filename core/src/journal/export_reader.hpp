// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads an exported file line by line, and trusts nothing of it: every line is checked before it is handed on, a run is
// whole when its last record was handed on, and the receipt must fit all that came before. Does no I/O. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "event/hash_chain.hpp"
#include "journal/export_format.hpp"
#include "journal/run_check.hpp"
#include "journal/stored_line.hpp"

namespace orchestrator::harness::journal {

/// One line of a run, as it was stored.
struct ExportedStep {
  LineNumbers numbers;
  std::string bytes;
};

class ExportReader final {
 public:
  /// `heads` are those of the run that the file is of.
  explicit ExportReader(std::vector<KnownHead> heads = {}) : heads_(std::move(heads)) {}

  /// What a line was. A run begins with `ExportedRun`; its steps follow, then its contents.
  using Record = std::variant<ExportHeader, ExportedRun, ExportedStep, SharedBytes, ExportReceipt>;

  /// Takes the next line, without line end. After an error nothing more may be added. Errors, with the number of the
  /// line in front: `journal_damaged`, `not_a_journal`, `version_too_new`, `limit_exceeded`.
  [[nodiscard]] Result<Record> add(std::string_view line);
  /// Says that the file is over: the receipt must have come. Error: `journal_damaged`.
  [[nodiscard]] Result<void> finish() const;

  /// Whether what was added last completed a run: all its steps and contents are there.
  [[nodiscard]] bool is_run_whole() const;
  /// What is known of the run that is being read, or was read last.
  [[nodiscard]] const RunCheck* run_check() const { return check_ ? &*check_ : nullptr; }

 private:
  Result<Record> read(std::string_view line);
  Result<Record> begin_run(std::string_view line);
  Result<Record> read_step(std::string_view line);
  Result<Record> read_content(std::string_view line);
  Result<Record> read_receipt(std::string_view line);
  Result<void> end_steps();

  std::vector<KnownHead> heads_;
  std::uint64_t lines_ = 0;  // read without an error
  event::Digest digest_;     // of all lines so far, each with its end
  std::optional<ExportHeader> header_;
  std::uint64_t runs_ = 0;  // begun
  std::optional<ExportedRun> run_;
  std::optional<RunCheck> check_;
  std::uint64_t contents_read_ = 0;
  std::vector<Hash> contents_due_;  // those of the run that the file has, in order
  bool is_over_ = false;            // the receipt was read
};

}  // namespace orchestrator::harness::journal

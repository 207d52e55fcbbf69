// SPDX-License-Identifier: Apache-2.0
#pragma once

// The results file of an evaluation under way: read where it is there, then appended to, one synced line a record. It
// is locked while this object lives. Blocking; used by one thread at a time.

#include <string>
#include <vector>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness::evals {

/// The records of a results text: of two with one key the later counts; a torn last line is left out, and `whole_bytes`
/// says how much there is before it. Without a header line `is_empty`.
struct ReadResults {
  EvalResults results;
  std::size_t whole_bytes = 0;
  bool is_empty = true;
};
/// Errors: `invalid_argument` as `PATH:LINE: ...`, `version_too_new`.
[[nodiscard]] Result<ReadResults> read_results(const std::string& text, const std::string& path);

class ResultsFile {
 public:
  /// Makes the file with this header, or opens the one of the same evaluation and cuts a torn tail. Errors:
  /// `run_locked` (another process has it), `precondition_failed` (it is of another evaluation), those of
  /// `read_results`, `storage_failed`, `storage_full`, `storage_readonly`.
  static Result<ResultsFile> open(const std::string& path, const EvalHeader& header);
  ResultsFile(ResultsFile&& other) noexcept;
  ResultsFile& operator=(ResultsFile&&) = delete;
  ~ResultsFile();

  /// What was there.
  [[nodiscard]] const std::vector<EvalRecord>& records() const { return records_; }
  /// Appends a line; it survives power loss when this returns. After an error the file takes nothing more.
  Result<void> append(const std::string& line);

 private:
  ResultsFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
  std::vector<EvalRecord> records_;
};

}  // namespace orchestrator::harness::evals

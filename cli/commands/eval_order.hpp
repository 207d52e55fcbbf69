// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a command line and a file say of an evaluation, checked and read. Values.

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line/invocation.hpp"
#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/evals.hpp"

namespace orchestrator::cli {

/// The values of flags, and of a file where no flag is given. Keys of a file are the flags' names without dashes at the
/// front, with `_` for `-`, in the plural where a flag may be repeated.
class EvalWords {
 public:
  /// Reads the file where the command line names one. Errors: `configuration_invalid` as `FILE:LINE:COLUMN: ...`.
  [[nodiscard]] static harness::Result<EvalWords> read(const Invocation& invocation);
  /// Of `flag`, such as `--dataset`.
  [[nodiscard]] std::optional<std::string> value(std::string_view flag) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view flag) const;
  [[nodiscard]] bool has(std::string_view flag) const { return value(flag).has_value(); }
  /// A value that is a path: one of the file is from the file's folder.
  [[nodiscard]] std::optional<std::string> path(std::string_view flag) const;
  [[nodiscard]] std::vector<std::string> paths(std::string_view flag) const;
  /// A path as it was written in a scorer's specification.
  [[nodiscard]] std::string path_of(std::string_view flag, const std::string& text) const;

  /// The command line as if it gave what these flags have, in the file or on it.
  [[nodiscard]] Invocation on_command_line(Invocation invocation, std::initializer_list<const char*> flags) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> flags_;
  std::map<std::string, std::vector<std::string>, std::less<>> file_;  // by flag
  std::string folder_;
};

struct EvalOrder {
  harness::EvalConfig config;
  std::optional<std::string> dataset;  // a file
  std::optional<harness::RunCohort> cohort;
  std::optional<std::uint64_t> sample;
  std::uint64_t seed = 0;
  std::string stratify;
  std::vector<std::string> scorers;  // their specifications
  std::string judge_model;
  std::optional<std::string> out;
  std::optional<double> fail_under;
};

/// Errors: `invalid_argument` naming the flag.
[[nodiscard]] harness::Result<EvalOrder> read_eval_order(const EvalWords& words, const Invocation& invocation,
                                                         const Configuration& configuration);

/// A number from 0 to 1. Error: `invalid_argument` naming the flag.
[[nodiscard]] harness::Result<double> read_share(const std::string& flag, const std::string& text);

}  // namespace orchestrator::cli

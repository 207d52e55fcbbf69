// SPDX-License-Identifier: Apache-2.0
#pragma once

// The cases of an evaluation: what is asked, and what is expected. A dataset is read from JSONL or collected from
// stored runs, and never changes: sampling makes another one. Values, safe to read from several threads.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness {

/// One question with its expected answer.
struct EvalCase {
  std::string id;                     // 1 to 128 bytes, without control characters; unique in its dataset
  std::vector<ContentPart> input;     // the user's message
  std::optional<RawJson> expected;    // any JSON value; a JSON string is a text. What it means is up to the scorers
  std::optional<std::string> system;  // unset: the system text of the evaluation
  std::map<std::string, std::string> tags;        // for sampling and reports
  std::optional<std::vector<std::string>> tools;  // of the harness, that the run may call; unset: the evaluation's
  std::optional<RunId> source;                    // the stored run that it was collected from
  bool operator==(const EvalCase&) const = default;

  /// Names all that an answer or its score depends on: SHA-256 of the canonical JSON (RFC 8785) of everything but `id`
  /// and `tags`. Media count by their own hash, or by their address.
  [[nodiscard]] Hash hash() const;
};

/// What a dataset may hold. Each is at least 1.
struct DatasetBounds {
  std::uint64_t cases_max = 100'000;
  std::uint64_t line_bytes_max = 4ULL << 20;
  std::uint64_t bytes_max = 1ULL << 30;
};

/// Cases in their order.
class Dataset {
 public:
  /// Of no case.
  Dataset() = default;
  /// Gives cases without an id one out of their hash (`case_` and 16 hex digits). Errors: `invalid_argument` naming the
  /// case: an id that is there twice or malformed, an empty input, `expected` that is no JSON; `limit_exceeded`.
  static Result<Dataset> of(std::string name, std::vector<EvalCase> cases, const DatasetBounds& bounds = {});
  /// One case a line, empty lines apart: `{"id"?, "input": TEXT | [PART...], "expected"?: any, "system"?: TEXT,
  /// "tags"?: {NAME: TEXT}, "tools"?: [NAME...], "source"?: RUN}`. A part is `{"type":"text","text":TEXT}`,
  /// `{"type":"json","json":any}` or `{"type":"image"|"audio"|"video"|"file","url":ADDRESS,"media_type"?:TEXT}`. Any
  /// other member is an error. Errors as of `of`, each naming `name` and the line: `NAME:3: ...`.
  static Result<Dataset> parse_jsonl(std::string_view text, std::string name, const DatasetBounds& bounds = {});
  /// The same of a file, whose path is the name. Blocking. Errors: also `storage_failed` where it cannot be read.
  static Result<Dataset> load(const std::string& path, const DatasetBounds& bounds = {});

  /// Where it is from: a path, a store's address, or what `of` was told. Valid as long as this object.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// In their order. Valid as long as this object.
  [[nodiscard]] const std::vector<EvalCase>& cases() const { return cases_; }
  /// Of the ids and hashes of all cases in their order, not of the name.
  [[nodiscard]] Hash hash() const;
  /// Back to JSONL. Inline media have no form there and fail with `not_supported` naming the case.
  [[nodiscard]] Result<std::string> jsonl() const;

  /// `count` of the cases in their order, or all where there are fewer: those whose SHA-256 of seed and id is least.
  /// The same seed always chooses the same cases, whatever their order; a larger count only adds to them.
  [[nodiscard]] Dataset sample(std::size_t count, std::uint64_t seed) const;
  /// The same for each value of a tag (none is a value, too), in shares by the largest remainder (Hamilton's method): a
  /// value with a third of the cases has a third of the sample, to the next whole case. Of equal remainders the value
  /// that sorts first has the case.
  [[nodiscard]] Dataset stratified_sample(const std::string& tag, std::size_t count, std::uint64_t seed) const;

 private:
  std::string name_;
  std::vector<EvalCase> cases_;
};

/// Which stored runs become cases. All given conditions hold together.
struct RunCohort {
  RunFilter runs;                                           // its `limit` is how many runs at most
  std::string model;                                        // of the plan, such as `openai/gpt-5.6`; empty: any
  std::vector<std::pair<std::string, std::string>> labels;  // each of these
  bool with_tools = false;                                  // only runs that called a tool
};

/// The runs of a store as cases, oldest first: the recorded input with its media, the system text, the output of a
/// completed run as `expected`, the labels as tags, and the run as `source`, by whose id the case is called. Runs that
/// have not ended, are damaged, are re-runs themselves or judged answers are left out. Errors: those of the store,
/// `invalid_argument` (`limit`), `run_not_found` where no run fits.
[[nodiscard]] Awaitable<Result<Dataset>> dataset_of_runs(std::shared_ptr<JournalStore> store, RunCohort cohort);

}  // namespace orchestrator::harness

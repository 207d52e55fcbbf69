// SPDX-License-Identifier: Apache-2.0
#include "journal/export_reader.hpp"

#include <set>
#include <utility>

namespace orchestrator::harness::journal {
namespace {

std::unexpected<Error> damaged(std::string what) { return fail(RuntimeErrorCode::journal_damaged, std::move(what)); }

}  // namespace

bool ExportReader::is_run_whole() const {
  return run_ && check_ && check_->head().steps == run_->steps && contents_read_ == run_->contents;
}

Result<ExportReader::Record> ExportReader::add(std::string_view line) {
  auto record = line.size() > kLineBytesMax ? fail(RuntimeErrorCode::limit_exceeded,
                                                   "it is longer than " + std::to_string(kLineBytesMax) + " bytes")
                                            : read(line);
  if (!record) {
    Error error = std::move(record.error());
    error.message = "line " + std::to_string(lines_ + 1) + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  digest_.add(line).add("\n");
  ++lines_;
  return record;
}

Result<void> ExportReader::finish() const {
  if (is_over_) return {};
  return damaged("line " + std::to_string(lines_ + 1) + ": the file ends here, before its receipt");
}

Result<ExportReader::Record> ExportReader::read(std::string_view line) {
  if (is_over_) return damaged("it follows the receipt, which ends the file");
  if (!header_) {
    auto header = parse_header(line);
    if (!header) return std::unexpected(header.error());
    header_ = *header;
    return *std::move(header);
  }
  const bool is_between = !run_ || is_run_whole();
  switch (kind_of(line)) {
    case ExportLine::run:
      if (!is_between) return damaged("another run begins before the one before it is whole");
      return begin_run(line);
    case ExportLine::step:
      if (is_between || check_->head().steps == run_->steps) return damaged("a step, where none belongs");
      return read_step(line);
    case ExportLine::content:
      if (is_between || check_->head().steps < run_->steps) return damaged("a content, where none belongs");
      return read_content(line);
    case ExportLine::receipt:
      if (!is_between || !run_) return damaged("the receipt comes before the runs are whole");
      return read_receipt(line);
    case ExportLine::other:
      break;
  }
  return damaged("it is none of the lines that an exported run has");
}

Result<ExportReader::Record> ExportReader::begin_run(std::string_view line) {
  auto run = parse_run(line);
  if (!run) return std::unexpected(run.error());
  if (runs_ == header_->runs) return damaged("more runs than the header says");
  ++runs_;
  if ((runs_ == header_->runs) != (run->run_id == header_->run_id)) {
    return damaged("the run that the header names is not the last one");
  }
  run_ = *run;
  check_.emplace(run->run_id, run->run_id == header_->run_id ? heads_ : std::vector<KnownHead>());
  contents_read_ = 0;
  contents_due_.clear();
  return *std::move(run);
}

Result<ExportReader::Record> ExportReader::read_step(std::string_view line) {
  const event::JournalHead before = check_->head();
  const bool is_good = check_->add(line);
  // Invariants and the end of the run among them: a file is taken whole or not at all.
  if (is_good && check_->head().steps == run_->steps) {
    check_->finish();
    if (auto ended = end_steps(); !ended) return std::unexpected(ended.error());
  }
  if (!check_->flaws().empty()) return damaged(run_->run_id.str() + ", " + check_->flaws().front().what);
  const auto numbers = check_line(line, run_->run_id, {0, before.steps, before.seq});
  if (!numbers) return std::unexpected(numbers.error());
  return ExportedStep{*numbers, std::string(line)};
}

// What the run was announced with must be what it is.
Result<void> ExportReader::end_steps() {
  const event::JournalHead& head = check_->head();
  const std::string name = run_->run_id.str();
  if (head.seq != run_->events) {
    return damaged(name + " has " + std::to_string(head.seq) + " events, not " + std::to_string(run_->events));
  }
  if (head.hash != run_->head) {
    return damaged(name + " ends with the hash " + head.hash.str() + ", not " + run_->head.str());
  }
  if (check_->session_id() != run_->session_id) return damaged(name + " is of another session");
  const std::set<Hash> missing(run_->missing.begin(), run_->missing.end());
  for (const auto& [hash, size_bytes] : check_->contents()) {
    if (!missing.contains(hash)) contents_due_.push_back(hash);
  }
  if (contents_due_.size() != run_->contents) {
    return damaged(name + " refers to " + std::to_string(contents_due_.size()) +
                   " contents that the file should have, " + "and it says " + std::to_string(run_->contents));
  }
  return {};
}

Result<ExportReader::Record> ExportReader::read_content(std::string_view line) {
  auto content = parse_content(line);
  if (!content) return std::unexpected(content.error());
  if (content->hash() != contents_due_[contents_read_]) {
    return damaged("the content " + content->hash().str() + ", where " + contents_due_[contents_read_].str() +
                   " should be");
  }
  ++contents_read_;
  return *std::move(content);
}

Result<ExportReader::Record> ExportReader::read_receipt(std::string_view line) {
  auto receipt = parse_receipt(line);
  if (!receipt) return std::unexpected(receipt.error());
  if (runs_ != header_->runs) {
    return damaged("the receipt comes after " + std::to_string(runs_) + " runs, and the header says " +
                   std::to_string(header_->runs));
  }
  if (receipt->lines != lines_) {
    return damaged("the receipt is of " + std::to_string(receipt->lines) + " lines, and there are " +
                   std::to_string(lines_));
  }
  if (receipt->head != run_->head) return damaged("the receipt is of another run");
  if (receipt->sha256 != digest_.finish()) return damaged("the SHA-256 of all before is not the one of the receipt");
  is_over_ = true;
  return *std::move(receipt);
}

}  // namespace orchestrator::harness::journal

// SPDX-License-Identifier: Apache-2.0
#include "evals/results_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <tuple>
#include <utility>

#include "evals/case_json.hpp"
#include "evals/results_json.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness {
namespace evals {
namespace {

constexpr std::uint64_t kFileBytesMax = 1ULL << 30;
constexpr std::size_t kReadBytes = std::size_t{1} << 16;

std::unexpected<Error> storage(int code, std::string_view action, const std::string& path) {
  return runtime::storage_fail(code, action, path);
}

Result<std::string> read_all(int descriptor, const std::string& path) {
  std::string text;
  std::string buffer(kReadBytes, '\0');
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return storage(errno, "read the results", path);
    if (got == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) {
      return fail(RuntimeErrorCode::limit_exceeded, "the results " + path + " have more than 1 GiB", path);
    }
  }
}

std::unexpected<Error> at_line(const std::string& path, std::size_t line, Error error) {
  error.message = path + ":" + std::to_string(line) + ": " + error.message;
  error.at = path + ":" + std::to_string(line);
  return std::unexpected(std::move(error));
}

}  // namespace

Result<ReadResults> read_results(const std::string& text, const std::string& path) {
  ReadResults read;
  std::map<Hash, std::size_t> places;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size(); number += 1) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;  // torn: its append never returned
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    read.whole_bytes = at;
    auto value = parse_json(line);
    if (!value) return at_line(path, number + 1, value.error());
    if (!value->is_object()) {
      return at_line(path, number + 1, fail(RuntimeErrorCode::invalid_argument, "no JSON object").error());
    }
    if (number == 0) {
      auto header = header_of(value->get_object());
      if (!header) return at_line(path, number + 1, header.error());
      read.results.header = *std::move(header);
      read.is_empty = false;
      continue;
    }
    auto record = record_of(value->get_object());
    if (!record) return at_line(path, number + 1, record.error());
    const auto [place, is_new] = places.emplace(record->key, read.results.records.size());
    if (is_new) {
      read.results.records.push_back(*std::move(record));
    } else {
      read.results.records[place->second] = *std::move(record);
    }
  }
  return read;
}

Result<ResultsFile> ResultsFile::open(const std::string& path, const EvalHeader& header) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return storage(errno, "open the results", path);
  ResultsFile file(path, descriptor);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(RuntimeErrorCode::storage_failed, "the results " + path + " are no regular file", path);
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(RuntimeErrorCode::run_locked, "another evaluation writes the results " + path, path);
  }
  auto text = read_all(descriptor, path);
  if (!text) return std::unexpected(text.error());
  auto read = read_results(*text, path);
  if (!read) return std::unexpected(read.error());
  if (!read->is_empty && read->results.header.eval_hash != header.eval_hash) {
    return fail(RuntimeErrorCode::precondition_failed,
                "the results " + path +
                    " are of another evaluation (its cases, model, scorers or settings differ): "
                    "name another place for these, or reuse what is equal",
                path);
  }
  if (read->whole_bytes < text->size() && ::ftruncate(descriptor, static_cast<off_t>(read->whole_bytes)) != 0) {
    return storage(errno, "cut the torn end of the results", path);
  }
  if (read->is_empty) {
    if (auto written = file.append(json_of(header)); !written) return std::unexpected(written.error());
  }
  file.records_ = std::move(read->results.records);
  return file;
}

ResultsFile::ResultsFile(ResultsFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      records_(std::move(other.records_)) {}

ResultsFile::~ResultsFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> ResultsFile::append(const std::string& line) {
  if (descriptor_ < 0) return fail(RuntimeErrorCode::storage_failed, "the results " + path_ + " are closed", path_);
  const std::string bytes = line + "\n";
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t put = ::write(descriptor_, bytes.data() + written, bytes.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      auto failure = storage(put < 0 ? errno : EIO, "write the results", path_);
      ::close(std::exchange(descriptor_, -1));
      return failure;
    }
    written += static_cast<std::size_t>(put);
  }
  if (::fdatasync(descriptor_) != 0) {
    auto failure = storage(errno, "sync the results", path_);
    ::close(std::exchange(descriptor_, -1));
    return failure;
  }
  return {};
}

}  // namespace evals

Result<EvalResults> load_eval_results(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return evals::storage(errno, "open the results", path);
  auto text = evals::read_all(descriptor, path);
  ::close(descriptor);
  if (!text) return std::unexpected(text.error());
  auto read = evals::read_results(*text, path);
  if (!read) return std::unexpected(read.error());
  if (read->is_empty) {
    return fail(RuntimeErrorCode::invalid_argument, path + ":1: there are no results in it", path);
  }
  std::ranges::sort(read->results.records, [](const EvalRecord& left, const EvalRecord& right) {
    return std::tie(left.place, left.epoch, left.key) < std::tie(right.place, right.epoch, right.key);
  });
  return std::move(read->results);
}

}  // namespace orchestrator::harness

// SPDX-License-Identifier: Apache-2.0
#include "journal/export_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "journal/file_bytes.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {

ExportFile::ExportFile(std::string name, FileDescriptor file, std::uint64_t size, std::vector<KnownHead> heads)
    : name_(std::move(name)), file_(std::move(file)), lines_(file_.get(), 0, size), reader_(std::move(heads)) {}

Result<std::unique_ptr<ExportFile>> ExportFile::open(ExportPlace place, std::vector<KnownHead> heads) {
  FileDescriptor file(::open(place.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const std::int64_t size = file.is_open() ? file_size(file.get()) : -1;
  if (size < 0) return runtime::storage_fail(errno, "read", place.name);
  return std::unique_ptr<ExportFile>(
      new ExportFile(std::move(place.name), std::move(file), static_cast<std::uint64_t>(size), std::move(heads)));
}

Result<std::optional<ExportReader::Record>> ExportFile::next() {
  const auto line = lines_.next();
  if (lines_.failed() == EFBIG) {
    return named(
        fail(RuntimeErrorCode::limit_exceeded, "a line is longer than " + std::to_string(kLineBytesMax) + " bytes")
            .error());
  }
  if (lines_.failed() != 0) return runtime::storage_fail(lines_.failed(), "read", name_);
  if (!line) {
    if (auto ended = reader_.finish(); !ended) return named(std::move(ended.error()));
    return std::nullopt;
  }
  auto record = reader_.add(line->bytes);
  if (!record) return named(std::move(record.error()));
  if (!line->is_ended) {
    return named(fail(RuntimeErrorCode::journal_damaged, "its last line has no end").error());
  }
  return *std::move(record);
}

std::unexpected<Error> ExportFile::named(Error error) const {
  error.message = name_ + ", " + error.message;
  error.at = name_;
  return std::unexpected(std::move(error));
}

}  // namespace orchestrator::harness::journal

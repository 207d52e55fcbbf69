// SPDX-License-Identifier: Apache-2.0
#pragma once

// An exported file on its disk, read through once, record by record. Reading blocks; one thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/export_reader.hpp"
#include "journal/file_descriptor.hpp"
#include "journal/line_reader.hpp"

namespace orchestrator::harness::journal {

/// Where a file is, and what messages call it.
struct ExportPlace {
  std::string path;
  std::string name;
  /// A file that is called what its path is.
  [[nodiscard]] static ExportPlace of(const std::string& path) { return {path, path}; }
};

class ExportFile final {
 public:
  /// `heads` are those of the run that the file is of. Errors: those of `storage_error`.
  [[nodiscard]] static Result<std::unique_ptr<ExportFile>> open(ExportPlace place, std::vector<KnownHead> heads = {});

  /// Nothing at the end of a file that is whole. Errors: those of `ExportReader`, with the file's name in front, and of
  /// the disk.
  [[nodiscard]] Result<std::optional<ExportReader::Record>> next();

  [[nodiscard]] const ExportReader& reader() const { return reader_; }

 private:
  ExportFile(std::string name, FileDescriptor file, std::uint64_t size, std::vector<KnownHead> heads);

  [[nodiscard]] std::unexpected<Error> named(Error error) const;

  std::string name_;
  FileDescriptor file_;
  LineReader lines_;
  ExportReader reader_;
};

}  // namespace orchestrator::harness::journal

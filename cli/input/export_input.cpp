// SPDX-License-Identifier: Apache-2.0
#include "cli/input/export_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/display/quoted_text.hpp"
#include "journal/file_descriptor.hpp"

namespace orchestrator::cli {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

Result<ExportInput> open_export_input(const CommandContext& context, const std::string& argument) {
  const bool is_stdin = argument == "-";
  const harness::journal::FileDescriptor file(is_stdin ? -1
                                                       : ::open(argument.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!is_stdin) {
    if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR)) {
      return fail(RuntimeErrorCode::run_not_found, "there is no file " + quoted_text(argument), argument);
    }
    struct stat status{};
    const bool is_known = file.is_open() && ::fstat(file.get(), &status) == 0;
    if (is_known && S_ISDIR(status.st_mode)) {
      return fail(RuntimeErrorCode::invalid_argument,
                  quoted_text(argument) + " is a folder; name the file that runs export wrote", argument);
    }
    // A pipe cannot be read twice; what else cannot be opened is told of by who reads it.
    if (!is_known || S_ISREG(status.st_mode)) return ExportInput{harness::journal::ExportPlace::of(argument)};
    if (!S_ISFIFO(status.st_mode) && ::isatty(file.get()) == 0) {
      return fail(RuntimeErrorCode::invalid_argument, quoted_text(argument) + " is neither a file nor a pipe",
                  argument);
    }
  }
  if (::isatty(is_stdin ? STDIN_FILENO : file.get()) == 1) {
    return fail(RuntimeErrorCode::invalid_argument,
                quoted_text(argument) + " is to give an exported file, and that is a terminal", argument);
  }
  std::string folder = context.environment("TMPDIR").value_or("");
  if (folder.empty()) {
    folder = "/tmp";
  }
  auto spooled = SpoolFile::of(is_stdin ? STDIN_FILENO : file.get(), folder);
  if (!spooled) {
    return std::unexpected(std::move(spooled.error()));
  }
  ExportInput input{{spooled->path(), is_stdin ? "standard input" : argument}};
  input.spooled = *std::move(spooled);
  return input;
}

}  // namespace orchestrator::cli

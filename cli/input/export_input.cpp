// SPDX-License-Identifier: Apache-2.0
#include "cli/input/export_input.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/display/quoted_text.hpp"

namespace orchestrator::cli {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

Result<ExportInput> open_export_input(const CommandContext& context, const std::string& argument) {
  if (argument != "-") {
    if (::access(argument.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
      return fail(RuntimeErrorCode::run_not_found, "there is no file " + quoted_text(argument), argument);
    }
    return ExportInput{harness::journal::ExportPlace::of(argument)};
  }
  if (::isatty(STDIN_FILENO) == 1) {
    return fail(RuntimeErrorCode::invalid_argument, "'-' reads an exported file from stdin, and that is a terminal",
                "-");
  }
  std::string folder = context.environment("TMPDIR").value_or("");
  if (folder.empty()) {
    folder = "/tmp";
  }
  auto spooled = SpooledInput::read(STDIN_FILENO, folder);
  if (!spooled) {
    return std::unexpected(std::move(spooled.error()));
  }
  ExportInput input{{spooled->path(), "standard input"}};
  input.spooled = *std::move(spooled);
  return input;
}

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/input/prompt.hpp"

#include "cli/display/quoted_text.hpp"
#include "cli/input/byte_reader.hpp"

namespace orchestrator::cli {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

Result<void> check_text(const std::string& text, const std::string& what) {
  if (text.empty()) {
    return fail(RuntimeErrorCode::invalid_argument, what + " is empty", "prompt");
  }
  if (const auto offset = utf8_error_offset(text); offset) {
    return fail(RuntimeErrorCode::invalid_argument,
                what + " is not valid UTF-8: byte " + std::to_string(*offset) + " of " + std::to_string(text.size()),
                "prompt");
  }
  if (text.find_first_not_of(" \t\r\n\v\f") == std::string::npos) {
    return fail(RuntimeErrorCode::invalid_argument, what + " is only white space", "prompt");
  }
  return {};
}

Result<std::string> read_prompt(const PromptSource& source) {
  std::string what = "the prompt";
  std::string text;
  if (source.argument && *source.argument != "-") {
    text = *source.argument;
  } else if (source.in_is_terminal && !source.argument) {
    return fail(RuntimeErrorCode::invalid_argument,
                "the prompt is missing: give it as PROMPT, or '-' to read it from stdin", "prompt");
  } else {
    what = "the prompt on stdin";
    auto bytes = read_descriptor(source.descriptor, source.bytes_max);
    if (!bytes) {
      return fail(RuntimeErrorCode::invalid_argument,
                  what + " " + bytes.error() + (source.argument ? "" : "; give it as PROMPT"), "prompt");
    }
    text = *std::move(bytes);
    if (text.ends_with('\n')) {
      text.pop_back();
      if (text.ends_with('\r')) {
        text.pop_back();
      }
    }
    if (text.empty() && !source.argument) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "the prompt is missing, and stdin is empty: give it as PROMPT, or '-' to read it from stdin",
                  "prompt");
    }
  }
  if (auto checked = check_text(text, what); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return text;
}

}  // namespace orchestrator::cli

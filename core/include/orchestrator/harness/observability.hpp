// SPDX-License-Identifier: Apache-2.0
#pragma once

// Structured logs. What happened in a run is in its journal; logs tell about the process around it and never hold
// state that the journal lacks, nor a secret. A sink may be called from any thread.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

/// One fact beside the message. Values are text; never a key, a header or a message body.
using LogField = std::pair<std::string_view, std::string>;

/// One line. `run_id` and `trace_id` are empty for what belongs to no run.
struct LogLine {
  LogLevel level = LogLevel::info;
  std::string_view module;  // http, provider, run, session, journal, local
  std::string_view message;
  std::string_view run_id;
  std::string_view trace_id;
  std::initializer_list<LogField> fields;
};

/// Where log lines go. Thread-safe; outlives every harness that has it.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// True when a line of this module and level would be written: ask before building one.
  [[nodiscard]] virtual bool wants(std::string_view module, LogLevel level) const = 0;
  virtual void write(const LogLine& line) = 0;
};

/// How to log. Everything off unless asked for.
struct LogConfig {
  std::string levels;                      // `info`, or `warn,http=debug,run=trace`; empty: off
  bool jsonl = false;                      // one JSON object a line instead of console text
  std::string file;                        // empty: stderr
  std::uint64_t file_bytes = 16ULL << 20;  // then it is rotated
  std::uint32_t files = 4;                 // rotated files kept

  /// From ORCHESTRATOR_LOG, ORCHESTRATOR_LOG_FORMAT (console, jsonl) and ORCHESTRATOR_LOG_FILE.
  /// Error: `configuration_invalid` naming the variable and what is allowed.
  static Result<LogConfig> from_environment();
};

/// A sink of its own thread-safe writer. Errors: `configuration_invalid` (levels), `storage_failed` (file).
[[nodiscard]] Result<std::shared_ptr<LogSink>> make_log_sink(const LogConfig& config);

}  // namespace orchestrator::harness

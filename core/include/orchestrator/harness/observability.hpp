// SPDX-License-Identifier: Apache-2.0
#pragma once

// Structured logs, and traces. What happened in a run is in its journal; logs tell about the process around it and
// never hold state that the journal lacks, nor a secret. A log sink may be called from any thread. A trace is the
// events of all runs of a harness as they come, for those who watch many.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/redaction.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

/// One fact beside the message. Values are text; never a key, a header or a message body.
using LogField = std::pair<std::string_view, std::string>;

/// The fields of a line: those of a list in braces, or of a range. Valid as long as what they were made of.
class LogFields {
 public:
  LogFields() = default;
  LogFields(std::initializer_list<LogField> fields) : fields_(fields.begin(), fields.size()) {}
  explicit LogFields(std::span<const LogField> fields) : fields_(fields) {}
  [[nodiscard]] auto begin() const { return fields_.begin(); }  // of the fields, in order
  [[nodiscard]] auto end() const { return fields_.end(); }      // see `begin`

 private:
  std::span<const LogField> fields_;
};

/// One line. `run_id` and `trace_id` are empty for what belongs to no run.
struct LogLine {
  LogLevel level = LogLevel::info;
  std::string_view module;  // http, provider, run, session, journal, local
  std::string_view message;
  std::string_view run_id;
  std::string_view trace_id;
  LogFields fields;
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

/// A sink that hands lines on to `inner` without the configured secrets of the policy and without vendors' keys,
/// whatever its mode and its other detectors are. Thread-safe. Errors: `configuration_invalid`.
[[nodiscard]] Result<std::shared_ptr<LogSink>> filtered_log_sink(std::shared_ptr<LogSink> inner,
                                                                 const RedactionPolicy& policy);

/// Where the events of runs go beside their readers. Called on the harness's thread: an event of a run after what came
/// before it in that run, once it is durable where it has to be. It must not block, since all runs wait for it, nor
/// throw: what it throws is logged, and the run goes on. Outlives every harness that has it.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void take(const StreamEvent& event) = 0;  // see the class
};

/// A sink that hands events on to `inner` with less in them: under `metadata_only` no text is left, of `full` and
/// `reversible` (which keeps nothing here) what the detectors find is gone. Deltas lose their text under all three,
/// for a secret may be cut by them; the item that they make up follows. Names, codes, ids, sizes and hashes stay, and
/// so do the declarations of tools. For one thread at a time. Errors: `configuration_invalid`.
[[nodiscard]] Result<std::shared_ptr<TraceSink>> filtered_trace_sink(std::shared_ptr<TraceSink> inner,
                                                                     RedactionPolicy policy);

/// One event a line, as `StreamEvent::json` has it, in files of mode 0600 that are rotated.
struct TraceFileConfig {
  std::string file;                        // made where it is missing, its folder with it
  std::uint64_t file_bytes = 64ULL << 20;  // then it is rotated; at least 64 KiB
  std::uint32_t files = 4;                 // rotated files kept, at most 100
};

/// A sink of a file of its own. Errors: `configuration_invalid`, `storage_failed`.
[[nodiscard]] Result<std::shared_ptr<TraceSink>> trace_file(const TraceFileConfig& config);

}  // namespace orchestrator::harness

// SPDX-License-Identifier: Apache-2.0
// The log sink: spdlog's rotating file or stderr behind `LogSink`, as console text or JSON lines.
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "codec/key_redaction.hpp"
#include "event/json_writer.hpp"
#include "event/timestamp.hpp"
#include "orchestrator/harness/observability.hpp"
#include "telemetry/log_levels.hpp"

namespace orchestrator::harness {
namespace {

using telemetry::LogLevels;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string text;
  event::append_rfc3339(text, WallTime{std::chrono::duration_cast<std::chrono::microseconds>(now).count()});
  return text;
}

// Whatever a caller put into a line: keys are cut out of it, and bytes that are no text replaced.
std::string safe(std::string_view text) {
  std::string clean = codec::redact_keys(text);
  if (event::is_valid_utf8(clean)) return clean;
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return clean;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ",";
  event::append_json_string(out, name);
  out += ":";
  event::append_json_string(out, safe(value));
}

std::string json_line(const LogLine& line) {
  std::string out = "{\"at\":\"" + now_text() + "\",\"level\":\"" + std::string(telemetry::name_of(line.level)) + "\"";
  append_field(out, "module", line.module);
  append_field(out, "run_id", line.run_id);
  append_field(out, "trace_id", line.trace_id);
  append_field(out, "message", line.message);
  for (const LogField& field : line.fields) append_field(out, field.first, field.second);
  return out + "}";
}

std::string console_line(const LogLine& line) {
  std::string out = now_text() + " " + std::string(telemetry::name_of(line.level)) + " " + std::string(line.module) +
                    ": " + safe(line.message);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += " " + std::string(name) + "=";
    event::append_json_string(out, safe(value));
  };
  for (const LogField& field : line.fields) add(field.first, field.second);
  add("run_id", line.run_id);
  add("trace_id", line.trace_id);
  return out;
}

spdlog::level::level_enum severity(LogLevel level) { return static_cast<spdlog::level::level_enum>(level); }

class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(LogLevels levels, bool jsonl, spdlog::sink_ptr output)
      : levels_(std::move(levels)), jsonl_(jsonl), logger_("orchestrator", std::move(output)) {
    logger_.set_level(spdlog::level::trace);
    logger_.set_pattern("%v");
    logger_.flush_on(spdlog::level::trace);
  }
  [[nodiscard]] bool wants(std::string_view module, LogLevel level) const override {
    return levels_.wants(module, level);
  }
  void write(const LogLine& line) override {
    if (!wants(line.module, line.level)) return;
    logger_.log(severity(line.level), jsonl_ ? json_line(line) : console_line(line));
  }

 private:
  const LogLevels levels_;
  const bool jsonl_;
  spdlog::logger logger_;
};

}  // namespace

Result<LogConfig> LogConfig::from_environment() {
  LogConfig config;
  config.levels = variable("ORCHESTRATOR_LOG");
  config.file = variable("ORCHESTRATOR_LOG_FILE");
  const std::string format = variable("ORCHESTRATOR_LOG_FORMAT");
  if (!format.empty() && format != "console" && format != "jsonl") {
    return fail(RuntimeErrorCode::configuration_invalid, "'" + format + "' is no log format: expected console or jsonl",
                "ORCHESTRATOR_LOG_FORMAT");
  }
  config.jsonl = format == "jsonl";
  auto levels = LogLevels::parse(config.levels);
  if (!levels) return std::unexpected(levels.error());
  return config;
}

Result<std::shared_ptr<LogSink>> make_log_sink(const LogConfig& config) {
  auto levels = LogLevels::parse(config.levels);
  if (!levels) return std::unexpected(levels.error());
  spdlog::sink_ptr output;
  if (config.file.empty()) {
    output = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      output = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(config.file, config.file_bytes, config.files);
    } catch (const spdlog::spdlog_ex& error) {
      return fail(RuntimeErrorCode::storage_failed, "cannot write the log file " + config.file + ": " + error.what(),
                  config.file);
    }
  }
  return std::make_shared<SpdlogSink>(*std::move(levels), config.jsonl, std::move(output));
}

}  // namespace orchestrator::harness

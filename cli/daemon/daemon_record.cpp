// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon_record.hpp"

#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <limits>
#include <utility>

#include "cli/daemon/private_file.hpp"
#include "event/runtime_version.hpp"
#include "journal/postgres_address.hpp"
#include "journal/process_times.hpp"
#include "journal/run_lock.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::size_t kBytesMax = 16UL << 10U;
constexpr std::string_view kName = "/running.json";

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

/// In which run of the machine, and when in it; empty where there is no such process. Numbers and times come again
/// after a restart of the machine.
std::string beginning_of(const std::string& pid) {
  const auto times = harness::journal::times_of(pid);
  return times && !times->is_over ? harness::journal::this_process().boot + " " + times->begun : std::string();
}

}  // namespace

std::string store_name(const std::string& url) {
  for (const std::string_view kind : std::to_array<std::string_view>({"sqlite:", "jsonl:"})) {
    if (!url.starts_with(kind)) continue;
    std::error_code error;
    const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(url.substr(kind.size())), error);
    return error ? url : std::string(kind) + whole.string();
  }
  return harness::journal::without_passwords(url);
}

DaemonRecord own_record(std::string address, std::string store) {
  return {::getpid(), beginning_of("self"), std::move(address), std::move(store),
          std::string(harness::event::runtime_version())};
}

bool is_running(const DaemonRecord& record) {
  return !record.begun.empty() && beginning_of(std::to_string(record.pid)) == record.begun;
}

std::string encode_record(const DaemonRecord& record) {
  return json::serialize(json::object{{"pid", record.pid},
                                      {"begun", record.begun},
                                      {"address", record.address},
                                      {"store", record.store},
                                      {"version", record.version}}) +
         "\n";
}

Result<DaemonRecord> parse_record(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* pid = object == nullptr ? nullptr : object->if_contains("pid");
  const auto* number = pid == nullptr ? nullptr : pid->if_int64();
  if (number == nullptr || *number <= 1 || *number > std::numeric_limits<pid_t>::max()) {
    return fail(RuntimeErrorCode::configuration_invalid, "it does not say which process the daemon is");
  }
  DaemonRecord record{static_cast<pid_t>(*number), text_in(*object, "begun"), text_in(*object, "address"),
                      text_in(*object, "store"), text_in(*object, "version")};
  if (record.begun.empty() || record.address.empty()) {
    return fail(RuntimeErrorCode::configuration_invalid, "it does not say where the daemon listens");
  }
  return record;
}

Result<std::optional<DaemonRecord>> read_record(const std::string& folder) {
  const std::string path = folder + std::string(kName);
  auto text = read_private_file(path, kBytesMax);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) return std::nullopt;
  auto record = parse_record(**text);
  if (!record) return fail(RuntimeErrorCode::configuration_invalid, path + ": " + record.error().message, path);
  return *std::move(record);
}

Result<void> write_record(const std::string& folder, const DaemonRecord& record) {
  return replace_private_file(folder + std::string(kName), encode_record(record));
}

void remove_record(const std::string& folder, const DaemonRecord& record) {
  const auto there = read_record(folder);
  if (there && *there == record) ::unlink((folder + std::string(kName)).c_str());
}

}  // namespace orchestrator::cli

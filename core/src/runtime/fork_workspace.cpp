// SPDX-License-Identifier: Apache-2.0
#include "runtime/fork_workspace.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "event/hash_chain.hpp"
#include "runtime/run_lineage.hpp"
#include "runtime/undo_history.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::size_t kNotesMax = 64;
constexpr std::size_t kPathsMax = 10'000;
constexpr std::uintmax_t kFileBytesMax = 256ULL << 20;
constexpr std::size_t kReadBytes = 64 << 10;

// The first call after the point that touched a path, and what it found there.
struct Touched {
  std::uint64_t seq = 0;
  std::string tool;
  std::optional<Hash> content;
};
struct LaterCalls {
  std::map<std::string, std::string> tools;  // of the calls, by id: ids may come again, with the same meaning
  std::map<std::string, Touched> paths;      // by name
  std::vector<std::uint64_t> told;           // events with which calls began that say what they change
  std::vector<std::pair<std::uint64_t, std::string>> untold;  // and calls that say nothing of it
  std::set<std::string> open;  // begun before the point: they are looked at by themselves
  bool has_ended = false;      // the run
};

void note(LaterCalls& later, const StreamEvent& event, std::uint64_t at_seq,
          const std::map<std::string, EffectClass>& classes) {
  if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>()) {
    later.tools[requested->call_id] = requested->tool;
    later.open.erase(requested->call_id);
    return;
  }
  const auto* started = event.get_if<StreamEvent::ToolCallStarted>();
  if (started == nullptr) return;
  if (event.meta.seq <= at_seq) {
    later.open.insert(started->call_id);
    return;
  }
  if (later.open.contains(started->call_id)) return;
  const std::string& tool = later.tools[started->call_id];
  if (started->undo) {
    if (started->attempt == 1 && later.told.size() < kPathsMax) later.told.push_back(event.meta.seq);
    for (const ToolTarget& target : started->targets) {
      if (later.paths.size() < kPathsMax) later.paths.try_emplace(target.name, event.meta.seq, tool, target.content);
    }
    return;
  }
  const auto effect_class = classes.find(tool);
  if (effect_class == classes.end() || effect_class->second == EffectClass::pure) return;
  if (later.untold.size() < kNotesMax) later.untold.emplace_back(event.meta.seq, tool);
}

// What is there: of a file its bytes, of a link where it leads. Error: it cannot be told.
std::expected<std::optional<Hash>, std::string> content_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found || status.type() == fs::file_type::directory) return std::nullopt;
  if (error) return std::unexpected(error.message());
  if (status.type() == fs::file_type::symlink) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) return std::unexpected(error.message());
    return sha256(target.string());
  }
  if (status.type() != fs::file_type::regular) return std::unexpected("it is no file, folder or link");
  if (fs::file_size(path, error) > kFileBytesMax || error) return std::unexpected("it is too large to be compared");
  std::ifstream file(path, std::ios::binary);
  event::Digest digest;
  std::array<char, kReadBytes> bytes{};
  while (file.read(bytes.data(), bytes.size()) || file.gcount() > 0) {
    digest.add(std::string_view(bytes.data(), static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad() || !file.is_open()) return std::unexpected("it cannot be read");
  return digest.finish();
}

asio::awaitable<std::vector<std::string>> differences(std::map<std::string, Touched> paths, std::string folder) {
  std::vector<std::string> notes;
  for (const auto& [name, touched] : paths) {
    if (notes.size() >= kNotesMax) break;
    const auto found = content_of(fs::path(folder) / name);
    const std::string by = "; " + touched.tool + " changed it at event " + std::to_string(touched.seq);
    if (!found) {
      notes.push_back(name + " cannot be compared: " + found.error() + by);
    } else if (*found != touched.content) {
      notes.push_back(name + " is not as it was at that point" + by);
    }
  }
  co_return notes;
}

// How files that are not as they were get back there, as far as they can.
std::string way_back(const RunId& run_id, std::uint64_t at_seq, const LaterCalls& later,
                     const std::map<std::uint64_t, RunId>& undone) {
  const std::string run = run_id.str();
  const std::string point = std::to_string(at_seq);
  if (!later.has_ended) return "files can be put back once run " + run + " has ended";
  if (std::ranges::all_of(later.told, [&](std::uint64_t seq) { return undone.contains(seq); })) {
    return "what has changed since an undo took these calls back stays as it is";
  }
  return later.untold.empty()
             ? "this puts files back first: orchestrator fork " + run + " --at " + point + " --restore-workspace"
             : "this puts back what can be: orchestrator undo " + run + " --to " + point;
}

}  // namespace

asio::awaitable<Result<WorkspaceFinding>> look_at_workspace(std::shared_ptr<Engine> engine, RunId run_id,
                                                            std::uint64_t at_seq, std::string folder) {
  LaterCalls later;
  std::map<std::string, EffectClass> classes;
  SessionId session_id;
  std::function<void(const StreamEvent&)> see = [&](const StreamEvent& event) {
    if (const auto* started = event.get_if<StreamEvent::RunStarted>()) {
      for (const ToolSpec& tool : started->tools) classes[tool.name] = tool.effect_class;
    }
    session_id = event.meta.session_id;
    later.has_ended = later.has_ended || event.is_terminal();
    note(later, event, at_seq, classes);
  };
  LineageRun run{run_id, UINT64_MAX, {}};
  auto read = co_await read_events(engine->options().store, run, see);
  if (!read) co_return std::unexpected(read.error());

  std::map<std::uint64_t, RunId> undone;
  if (!later.told.empty()) {
    auto found = co_await taken_back_calls(engine, run_id, session_id);
    if (!found) co_return std::unexpected(found.error());
    undone = *std::move(found);
  }
  asio::thread_pool disk(1);
  auto comparing = differences(std::move(later.paths), std::move(folder));
  WorkspaceFinding finding;
  finding.notes = co_await asio::co_spawn(disk.get_executor(), std::move(comparing), asio::use_awaitable);
  const bool is_changed = !finding.notes.empty();
  for (const auto& [seq, tool] : later.untold) {
    if (finding.notes.size() >= kNotesMax - 1) break;
    finding.notes.push_back("what " + tool + " changed at event " + std::to_string(seq) + " is not known");
  }
  if (is_changed) finding.notes.push_back(way_back(run_id, at_seq, later, undone));
  const auto undo = undone.upper_bound(at_seq);
  if (!finding.notes.empty()) {
    finding.state = ForkWorkspace::not_restored;
  } else if (undo != undone.end()) {
    finding.state = ForkWorkspace::restored;
    finding.notes.push_back("files were put back to that point by undo " + undo->second.str());
  }
  co_return finding;
}

}  // namespace orchestrator::harness::runtime

// SPDX-License-Identifier: Apache-2.0
#include "sim/simulated_tree.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::sim {
namespace {

constexpr std::string_view kForeign = "foreign ";

// A change of one file. Nothing in it needs escaping; empty content: no file.
struct Change {
  std::string path;
  std::string before;
  std::string after;
};

UndoRecord record_of(const Change& change) {
  return {{"[\"" + change.path + "\",\"" + change.before + "\",\"" + change.after + "\"]"}, {}};
}

Change change_of(const UndoRecord& record) {
  std::vector<std::string> words;
  const std::string& text = record.data.text;
  for (std::size_t begin = text.find('"'); begin != std::string::npos; begin = text.find('"', begin)) {
    const std::size_t end = text.find('"', begin + 1);
    words.push_back(text.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return {words.at(0), words.at(1), words.at(2)};
}

std::string content_of(const SimulatedTree::Files& files, const std::string& path) {
  const auto found = files.find(path);
  return found == files.end() ? std::string() : found->second;
}

void write(SimulatedTree::Files& files, const std::string& path, const std::string& content) {
  if (content.empty()) {
    files.erase(path);
  } else {
    files[path] = content;
  }
}

std::optional<Hash> hash_of(const std::string& content) {
  return content.empty() ? std::nullopt : std::optional(sha256(content));
}

}  // namespace

UndoRecord SimulatedTree::record(const std::string& call_id) {
  const std::string path = "file_" + sha256(call_id).str().substr(0, 8);
  return record_of({path, content_of(files_, path), "content " + std::to_string(++contents_)});
}

void SimulatedTree::act(const UndoRecord& record) {
  const Change change = change_of(record);
  write(files_, change.path, change.after);
}

SimulatedTree::Look SimulatedTree::look(const UndoRecord& record) const {
  const Change change = change_of(record);
  const std::string present = content_of(files_, change.path);
  Look look;
  look.undo = record_of({change.path, present, change.before});
  if (present == change.before) {
    look.verdict = UndoVerdict::nothing_to_do;
  } else if (present != change.after) {
    look.verdict = UndoVerdict::conflict;
    look.conflicts = {{change.path, hash_of(change.after), hash_of(present), "somebody has written it"}};
  }
  return look;
}

CompensationOutcome SimulatedTree::take_back(const UndoRecord& record, const std::vector<UndoConflict>& agreed) {
  const Look found = look(record);
  if (found.verdict == UndoVerdict::conflict && found.conflicts != agreed) return CompensationOutcome::conflict;
  const Change change = change_of(record);
  write(files_, change.path, change.before);
  return CompensationOutcome::restored;
}

void SimulatedTree::meddle(const UndoRecord& record) {
  files_[change_of(record).path] = std::string(kForeign) + std::to_string(++contents_);
}

bool SimulatedTree::is_foreign(const UndoRecord& record) const {
  return content_of(files_, change_of(record).path).starts_with(kForeign);
}

}  // namespace orchestrator::harness::sim

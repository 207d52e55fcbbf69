// SPDX-License-Identifier: Apache-2.0
#include "journal_bundle.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "event/testing/golden_file.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness {
namespace {

constexpr const char* kFolder = "tests/golden/bundles";
constexpr std::size_t kTextBytesMax = 64U << 20;

std::string unpacked(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file) throw std::runtime_error(path + " cannot be read");
  std::string text;
  std::array<char, 65'536> piece{};
  int size = 0;
  while ((size = gzread(file.get(), piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.size() > kTextBytesMax) throw std::runtime_error(path + " holds too much");
  }
  // What ends in the midst of its stream reads without an error, and is told here.
  int code = Z_OK;
  gzerror(file.get(), &code);
  if (size < 0 || code != Z_OK) throw std::runtime_error(path + " is damaged");
  return text;
}

}  // namespace

std::vector<std::string> bundled_releases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(event::repository_path(kFolder))) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".jsonl.gz")) names.push_back(name.substr(0, name.find('.')));
  }
  std::ranges::sort(names);
  return names;
}

std::vector<BundledRun> read_bundle(const std::string& release) {
  const std::string path = event::repository_path(std::string(kFolder) + "/" + release);
  std::vector<std::vector<std::string>> journals = sim::runs_of(unpacked(path + ".jsonl.gz"));
  std::vector<BundledRun> runs;
  std::istringstream heads(event::read_text_file(path + ".heads"));
  for (BundledRun run; heads >> run.seed >> run.steps >> run.head;) runs.push_back(run);
  if (journals.size() != runs.size()) throw std::runtime_error(path + " has not one head for each journal");
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].lines = std::move(journals[i]);
  return runs;
}

}  // namespace orchestrator::harness

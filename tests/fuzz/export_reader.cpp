// SPDX-License-Identifier: Apache-2.0
// Files as a stranger might send them for import (O4): reading ends with a file that is whole, or with an error of the
// kinds that are promised, which names the line. The first byte of the input chooses whether checks of lines and the
// receipt are made right, so that the parts behind them are reached.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "event/hash_chain.hpp"
#include "event/line_check.hpp"
#include "journal/export_reader.hpp"

namespace {

namespace harness = orchestrator::harness;
namespace journal = orchestrator::harness::journal;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What a forger would do: right checks, and a receipt that fits.
void forge(std::vector<std::string>& lines) {
  harness::event::Digest digest;
  std::uint64_t count = 0;
  for (std::string& line : lines) {
    if (journal::kind_of(line) == journal::ExportLine::step) {
      if (const std::size_t check = line.rfind(",\"check\":"); check != std::string::npos) line.resize(check);
      harness::event::seal_line(line);
    }
    if (journal::kind_of(line) == journal::ExportLine::receipt) {
      if (auto receipt = journal::parse_receipt(line)) {
        receipt->lines = count;
        receipt->sha256 = digest.finish();
        line = journal::to_line(*receipt);
      }
    }
    digest.add(line).add("\n");
    ++count;
  }
}

bool is_promised(const std::string& code) {
  return code == "journal_damaged" || code == "not_a_journal" || code == "version_too_new" || code == "limit_exceeded";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  auto lines = lines_of({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (data[0] % 2 == 1) forge(lines);
  journal::ExportReader reader;
  std::uint64_t steps = 0;
  for (const std::string& line : lines) {
    const auto record = reader.add(line);
    if (!record) {
      require(is_promised(record.error().code) && record.error().message.starts_with("line "));
      return 0;
    }
    if (const auto* header = std::get_if<journal::ExportHeader>(&*record)) require(journal::to_line(*header) == line);
    if (std::holds_alternative<journal::ExportedStep>(*record)) ++steps;
  }
  const auto finished = reader.finish();
  require(!finished || (reader.is_run_whole() && steps > 0 && reader.run_check()->flaws().empty()));
  return 0;
}

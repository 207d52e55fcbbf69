// SPDX-License-Identifier: Apache-2.0
#include "journal/journal_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/file_bytes.hpp"
#include "journal/line_reader.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::uint64_t kProbeSpanBytes = 64ULL << 10;
constexpr std::uint64_t kSectorBytes = 512;

// True where a bad line is a tail that never reached the disk rather than one that changed there: no line end follows
// it, or a whole sector in it (the part of it in the line) reads as zeros. No line holds a zero byte, and storage
// loses sectors, never less.
bool is_torn(const RawLine& line) {
  if (!line.is_ended) return true;
  const std::size_t zero = line.bytes.find('\0');
  if (zero == std::string_view::npos) return false;
  const std::uint64_t sector = (line.offset + zero) / kSectorBytes * kSectorBytes;
  const std::size_t begin = std::max(sector, line.offset) - line.offset;
  const std::size_t end = sector + kSectorBytes - line.offset;
  return end <= line.bytes.size() &&
         line.bytes.substr(begin, end - begin).find_first_not_of('\0') == std::string_view::npos;
}

// True where the file never was a journal. Text of lost sectors may still become one.
bool is_foreign(const RawLine& line) {
  return line.offset == 0 && !line.bytes.starts_with('{') && !line.bytes.starts_with('\0');
}

std::unexpected<Error> not_a_journal(const JournalFile& file) {
  return fail(RuntimeErrorCode::not_a_journal, file.path + " is not a journal: its first line is no step", file.path);
}

// A place at or before the first line with events after `after_seq`, at most a probe's span before it where all is
// well. A bad line ends the search: reading on from there reports it.
LinePlace find_place(const JournalFile& file, std::uint64_t file_bytes, std::uint64_t after_seq) {
  LinePlace low;
  std::uint64_t high = file_bytes;
  while (after_seq > 0 && high - low.offset > kProbeSpanBytes) {
    const std::uint64_t middle = low.offset + (high - low.offset) / 2;
    const auto start = next_line_start(file.fd, middle, high);
    if (!start || *start >= high) break;
    LineReader reader(file.fd, *start, file_bytes);
    const auto line = reader.next();
    if (!line || !line->is_ended) {
      high = *start;
      continue;
    }
    const auto numbers = numbers_of(line->bytes, file.run_id);
    if (!numbers) break;
    if (numbers->last_seq <= after_seq) {
      low = {*start + line->bytes.size() + 1, numbers->step, numbers->last_seq};
    } else {
      high = *start;
    }
  }
  return low;
}

// True where a line begins at the place, as far as the file alone tells.
bool is_line_start(const JournalFile& file, const LinePlace& place, std::uint64_t file_bytes) {
  if (place.offset == 0) return true;
  char before = 0;
  return place.offset <= file_bytes && read_at(file.fd, &before, 1, place.offset - 1) == 1 && before == '\n';
}

Result<Page> read_page_from(const JournalFile& file, LinePlace place, std::uint64_t file_bytes, std::uint64_t after_seq,
                            std::uint64_t bytes_max) {
  Page page;
  LineReader reader(file.fd, place.offset, file_bytes);
  std::uint64_t bytes = 0;
  while (const auto line = reader.next()) {
    if (is_foreign(*line)) return not_a_journal(file);
    if (!line->is_ended) break;
    const auto numbers = check_line(line->bytes, file.run_id, place);
    if (!numbers) {
      // What was read before it is good; the next page begins with the bad one.
      if (is_torn(*line) || !page.lines.empty()) break;
      return std::unexpected(numbers.error());
    }
    if (!page.lines.empty() && bytes + line->bytes.size() > bytes_max) break;
    place = {line->offset + line->bytes.size() + 1, numbers->step, numbers->last_seq};
    if (numbers->last_seq <= after_seq) continue;
    bytes += line->bytes.size();
    page.lines.push_back(
        {numbers->step, numbers->first_seq, numbers->last_seq, numbers->strict, std::string(line->bytes)});
    if (bytes >= bytes_max) break;
  }
  if (reader.failed() != 0) return runtime::storage_fail(reader.failed(), "read", file.path);
  page.end = place;
  return page;
}

}  // namespace

Result<Page> read_page(const JournalFile& file, std::uint64_t after_seq, std::uint64_t bytes_max,
                       const std::optional<LinePlace>& hint) {
  const std::int64_t size = file_size(file.fd);
  if (size < 0) return runtime::storage_fail(errno, "read", file.path);
  const auto file_bytes = static_cast<std::uint64_t>(size);
  if (hint && is_line_start(file, *hint, file_bytes)) {
    auto page = read_page_from(file, *hint, file_bytes, after_seq, bytes_max);
    if (page) return page;
  }
  return read_page_from(file, find_place(file, file_bytes, after_seq), file_bytes, after_seq, bytes_max);
}

Result<WholePart> scan_journal(const JournalFile& file) {
  const std::int64_t size = file_size(file.fd);
  if (size < 0) return runtime::storage_fail(errno, "read", file.path);
  WholePart part;
  part.file_bytes = static_cast<std::uint64_t>(size);
  LineReader reader(file.fd, 0, part.file_bytes);
  while (const auto line = reader.next()) {
    if (is_foreign(*line)) return not_a_journal(file);
    const auto numbers = check_line(line->bytes, file.run_id, part.end);
    if (!line->is_ended || !numbers) {
      if (is_torn(*line)) break;
      return std::unexpected(numbers.error());
    }
    part.end = {line->offset + line->bytes.size() + 1, numbers->step, numbers->last_seq};
  }
  if (reader.failed() != 0) return runtime::storage_fail(reader.failed(), "read", file.path);
  return part;
}

Result<OuterLines> read_outer_lines(const JournalFile& file) {
  const std::int64_t size = file_size(file.fd);
  if (size < 0) return runtime::storage_fail(errno, "read", file.path);
  OuterLines lines;
  lines.file_bytes = static_cast<std::uint64_t>(size);
  LineReader reader(file.fd, 0, lines.file_bytes);
  const auto first = reader.next();
  if (reader.failed() != 0) return runtime::storage_fail(reader.failed(), "read", file.path);
  if (!first || !first->is_ended) return lines;
  lines.first = std::string(first->bytes);
  const std::uint64_t second = lines.first.size() + 1;

  // Back from the end in growing pieces until one holds the end of the last line and the one before it.
  for (std::uint64_t span = 16ULL << 10;; span *= 2) {
    const std::uint64_t begin = lines.file_bytes - std::min(span, lines.file_bytes - second);
    std::string piece(lines.file_bytes - begin, '\0');
    const std::int64_t got = read_at(file.fd, piece.data(), piece.size(), begin);
    if (got < 0) return runtime::storage_fail(errno, "read", file.path);
    piece.resize(static_cast<std::size_t>(got));
    const std::size_t last_end = piece.rfind('\n');
    const std::size_t before =
        last_end == std::string::npos || last_end == 0 ? std::string::npos : piece.rfind('\n', last_end - 1);
    if (last_end != std::string::npos && (before != std::string::npos || begin == second)) {
      const std::size_t last_begin = before == std::string::npos ? 0 : before + 1;
      lines.last = piece.substr(last_begin, last_end - last_begin);
      return lines;
    }
    if (begin == second) {
      lines.last = lines.first;
      return lines;
    }
  }
}

}  // namespace orchestrator::harness::journal

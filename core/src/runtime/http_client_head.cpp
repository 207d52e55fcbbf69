// SPDX-License-Identifier: Apache-2.0
#include "runtime/http_client_head.hpp"

#include <algorithm>
#include <utility>

#include "runtime/http_client_ascii.hpp"

namespace orchestrator::harness::runtime {

namespace {

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

const std::string* HttpResponseHead::find(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeader::name);
  return found == headers.end() ? nullptr : &found->value;
}

HttpHeadReader::Outcome HttpHeadReader::feed(std::string_view line) {
  if (!problem_.empty()) return Outcome::broken;
  bytes_ += line.size();
  if (bytes_ > limits_.header_bytes) {
    return fail(Outcome::too_large, "header lines of more than " + std::to_string(limits_.header_bytes) + " bytes");
  }
  if (is_complete_) return Outcome::complete;
  if (line.starts_with("HTTP/")) return start_head(line);
  if (!has_status_) return fail(Outcome::broken, "an answer that is not HTTP");
  if (trim(line).empty()) return end_head();
  return add_header(line);
}

HttpHeadReader::Outcome HttpHeadReader::start_head(std::string_view line) {
  line = trim(line).substr(5);
  const auto space = line.find(' ');
  const auto code = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  const bool has_code =
      code.size() >= 3 && std::all_of(code.begin(), code.begin() + 3, is_digit) && (code.size() == 3 || code[3] == ' ');
  if (!has_code || code.front() == '0') return fail(Outcome::broken, "a broken status line");
  head_ = HttpResponseHead();
  head_.http_version = line.substr(0, space);
  head_.status = static_cast<unsigned>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
  has_status_ = true;
  return Outcome::more;
}

HttpHeadReader::Outcome HttpHeadReader::add_header(std::string_view line) {
  if (++count_ > limits_.header_count) {
    return fail(Outcome::too_large, "more than " + std::to_string(limits_.header_count) + " headers");
  }
  if (line.front() == ' ' || line.front() == '\t') {
    if (head_.headers.empty()) return fail(Outcome::broken, "a folded line without a header");
    head_.headers.back().value.append(" ").append(trim(line));
    return Outcome::more;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return fail(Outcome::broken, "a header line without a name");
  }
  head_.headers.push_back({ascii_lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
  return Outcome::more;
}

HttpHeadReader::Outcome HttpHeadReader::end_head() {
  has_status_ = false;
  if (head_.status < 200) return Outcome::more;
  std::size_t codings = 0;
  for (const HttpHeader& header : head_.headers) {
    if (header.name == "transfer-encoding") {
      if (++codings > 1 || ascii_lower(header.value) != "chunked") {
        return fail(Outcome::broken, "a transfer coding other than chunked");
      }
      is_chunked_ = true;
    }
    if (header.name == "content-encoding" && !header.value.empty() && ascii_lower(header.value) != "identity") {
      return fail(Outcome::broken, "a compressed body, although none was asked for");
    }
  }
  is_complete_ = true;
  return Outcome::complete;
}

HttpHeadReader::Outcome HttpHeadReader::fail(Outcome outcome, std::string problem) {
  problem_ = std::move(problem);
  return outcome;
}

}  // namespace orchestrator::harness::runtime

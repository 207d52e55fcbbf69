// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/head_form.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/http/target.hpp"

namespace orchestrator::daemon {
namespace {

using Fault = std::unexpected<HeadFault>;

Fault refuse(unsigned status, std::string code, std::string message) {
  return Fault(HeadFault{status, std::move(code), std::move(message)});
}
Fault bad_request(std::string message) { return refuse(400, "bad_request", std::move(message)); }
Fault bad_framing(std::string message) { return refuse(400, "bad_framing", std::move(message)); }

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           kMarks.find(letter) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), line.size() + 2));
  return line;
}

std::expected<void, HeadFault> read_request_line(std::string_view line, const HeadBounds& bounds, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(505, "version_not_supported", "the request line must be METHOD TARGET HTTP/1.1");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || target.find(' ') != std::string_view::npos)
    return bad_request("the request line is malformed");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse(505, "version_not_supported", "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  if (target.size() > bounds.target_bytes_max) {
    return refuse(414, "target_too_long",
                  "the target has more than " + std::to_string(bounds.target_bytes_max) + " bytes");
  }
  const auto known = parse_method(method);
  if (!known) return refuse(501, "method_not_known", "the method is not known here");
  head.method = *known;
  head.target = std::string(target);
  head.version_minor = version.back() == '1' ? 1 : 0;
  return {};
}

std::expected<void, HeadFault> read_fields(std::string_view rest, const HeadBounds& bounds, Fields& fields) {
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') return bad_framing("a header field is folded over two lines");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad_framing("a header field has no name, or white space before its colon");
    }
    if (fields.all().size() == bounds.fields_max) {
      return refuse(431, "too_many_fields", "the head has more than " + std::to_string(bounds.fields_max) + " fields");
    }
    fields.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  return {};
}

std::expected<void, HeadFault> read_framing(RequestHead& head) {
  const Fields& fields = head.fields;
  if (fields.count("Host") > 1 || (head.version_minor == 1 && fields.count("Host") == 0)) {
    return bad_request("there must be one Host field");
  }
  const std::size_t codings = fields.count("Transfer-Encoding");
  const std::size_t lengths = fields.count("Content-Length");
  if (codings > 1 || lengths > 1) return bad_framing("a field that frames the body comes twice");
  if (codings == 1 && (lengths == 1 || head.version_minor == 0)) {
    return bad_framing("Transfer-Encoding stands beside Content-Length, or in a request of HTTP/1.0");
  }
  if (codings == 1) {
    if (!equal_names(*fields.find("Transfer-Encoding"), "chunked"))
      return bad_framing("the only transfer coding is chunked");
    head.is_chunked = true;
  }
  if (lengths == 1) {
    const std::string_view text = *fields.find("Content-Length");
    std::uint64_t length = 0;
    const bool has_digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (!has_digits || error != std::errc() || end != text.data() + text.size()) {
      return bad_framing("Content-Length is not a number of bytes");
    }
    head.content_length = length;
  }
  return {};
}

}  // namespace

std::expected<std::size_t, HeadFault> find_head_end(std::string_view bytes, std::size_t seen,
                                                    const HeadBounds& bounds) {
  const std::string_view head = bytes.substr(0, bounds.bytes_max);
  for (std::size_t at = seen; at < head.size(); ++at) {
    const char letter = head[at];
    if (letter == '\n') {
      if (at == 0 || head[at - 1] != '\r') return bad_framing("a line of the head does not end with CRLF");
      if (at >= 3 && head[at - 2] == '\n') return at + 1;
    } else if (at > 0 && head[at - 1] == '\r') {
      return bad_framing("a line of the head does not end with CRLF");
    } else if ((static_cast<unsigned char>(letter) < 0x20 && letter != '\t' && letter != '\r') || letter == 0x7F) {
      return bad_framing("the head holds a control character");
    }
  }
  if (bytes.size() >= bounds.bytes_max) {
    return refuse(431, "head_too_large", "the head has more than " + std::to_string(bounds.bytes_max) + " bytes");
  }
  return 0;
}

std::expected<RequestHead, HeadFault> read_head(std::string_view text, const HeadBounds& bounds) {
  RequestHead head;
  std::string_view rest = text;
  auto done = read_request_line(take_line(rest), bounds, head);
  done = done ? read_fields(rest, bounds, head.fields) : done;
  done = done ? read_framing(head) : done;
  if (!done) return Fault(std::move(done.error()));
  if (head.target == "*" && head.method == Method::options) {
    head.path = "*";
    return head;
  }
  // A target with a host in it is for proxies; what it names is not what the Host field names.
  if (!head.target.starts_with('/')) {
    return refuse(421, "host_not_allowed", "the target must be a path; this is no proxy");
  }
  auto target = parse_target(head.target);
  if (!target) return bad_request(target.error());
  head.path = std::move(target->path);
  head.query = std::move(target->query);
  return head;
}

bool wants_keep_alive(const RequestHead& head) {
  bool closes = false;
  bool keeps = head.version_minor > 0;
  for (const auto& [name, value] : head.fields.all()) {
    if (!equal_names(name, "Connection")) continue;
    for (std::size_t start = 0; start <= value.size();) {
      const std::size_t end = std::min(value.find(',', start), value.size());
      std::string_view option = std::string_view(value).substr(start, end - start);
      while (option.starts_with(' ') || option.starts_with('\t')) option.remove_prefix(1);
      while (option.ends_with(' ') || option.ends_with('\t')) option.remove_suffix(1);
      closes = closes || equal_names(option, "close");
      keeps = keeps || equal_names(option, "keep-alive");
      start = end + 1;
    }
  }
  return keeps && !closes;
}

}  // namespace orchestrator::daemon

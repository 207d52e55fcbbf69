// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/call_targets.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "codec/gates/url_host.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;

constexpr std::array<std::string_view, 22> kPathNames = {
    "path",      "paths", "file",        "files",  "filepath", "filename", "folder", "folders",
    "directory", "dir",   "cwd",         "root",   "from",     "to",       "src",    "source",
    "dst",       "dest",  "destination", "target", "output",   "workdir"};
constexpr std::array<std::string_view, 11> kHostNames = {"url",      "urls",    "uri",    "href",     "host",   "hosts",
                                                         "hostname", "address", "domain", "endpoint", "baseurl"};
constexpr std::array<std::string_view, 7> kCommandNames = {"argv",   "command", "commands", "cmd",
                                                           "script", "shell",   "args"};

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char byte : name) {
    if (byte == '_' || byte == '-') continue;
    plain += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  }
  return plain;
}

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string text_of(const json::string& text) { return {text.data(), text.size()}; }

// The texts of a value that is one, or a list of them.
std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> texts;
  if (const json::string* text = value.if_string()) texts.push_back(text_of(*text));
  if (const json::array* list = value.if_array()) {
    for (const json::value& element : *list) {
      if (const json::string* text = element.if_string()) texts.push_back(text_of(*text));
    }
  }
  return texts;
}

class Reader {
 public:
  void read(const json::value& value) {
    if (const json::object* object = value.if_object()) {
      for (const auto& member : *object) {
        const std::string name(member.key().data(), member.key().size());
        found_.texts.push_back(name);
        sort(plain_name(name), member.value());
        read(member.value());
      }
    } else if (const json::array* list = value.if_array()) {
      for (const json::value& element : *list) read(element);
    } else if (const json::string* text = value.if_string()) {
      found_.texts.push_back(text_of(*text));
    }
  }
  CallTargets take() { return std::move(found_); }

 private:
  void sort(const std::string& name, const json::value& value) {
    std::vector<std::string> texts = texts_of(value);
    if (texts.empty()) return;
    if (is_one_of(kHostNames, name)) {
      for (const std::string& text : texts) found_.hosts.push_back(host_of(text));
    } else if (is_one_of(kCommandNames, name)) {
      if (value.is_string()) {
        found_.scripts.push_back(std::move(texts.front()));
      } else {
        found_.commands.push_back(std::move(texts));
      }
    } else if (is_one_of(kPathNames, name)) {
      std::ranges::move(texts, std::back_inserter(found_.paths));
    }
  }

  CallTargets found_;
};

}  // namespace

Result<CallTargets> call_targets(std::string_view arguments) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code error;
  const json::value value = json::parse(json::string_view(arguments.data(), arguments.size()), error, {}, options);
  if (error || !value.is_object()) {
    return fail(ToolErrorCode::tool_args_invalid,
                error ? "the arguments cannot be read: " + error.message() : "the arguments are no JSON object",
                "arguments");
  }
  Reader reader;
  reader.read(value);
  return reader.take();
}

}  // namespace orchestrator::harness::codec

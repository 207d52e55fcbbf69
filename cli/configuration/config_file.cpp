// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/config_file.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

// The parser asserts what malformed text can break ("a={{"); with NDEBUG it would tell the optimizer to assume it.
// Thrown, it is an error like any other. This is the only file that includes toml++.
#undef NDEBUG
#define TOML_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : throw std::logic_error("unexpected text"))
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include "cli/input/byte_reader.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kFileBytesMax = 1ULL << 20;
constexpr std::size_t kEntriesMax = 10'000;

std::string place(const std::string& path, const toml::source_position& at) {
  return path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

std::unexpected<harness::Error> refuse(const std::string& path, const toml::source_position& at, std::string message) {
  return fail(RuntimeErrorCode::configuration_invalid, place(path, at) + std::move(message), path);
}

/// Puts the value of a key into `out`, tables key by key.
class Flattener {
 public:
  Flattener(std::string path, std::vector<ConfigEntry>& out) : path_(std::move(path)), out_(out) {}

  Result<void> table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      if (auto done = this->node(node, prefix + std::string(key.str()), key.source().begin); !done) {
        return done;
      }
    }
    return {};
  }

 private:
  Result<void> node(const toml::node& node, const std::string& key, const toml::source_position& at) {
    if (const toml::table* table = node.as_table(); table != nullptr) {
      return this->table(*table, key + ".");
    }
    if (out_.size() >= kEntriesMax) {
      return refuse(path_, at, "more than " + std::to_string(kEntriesMax) + " keys");
    }
    if (const toml::array* array = node.as_array(); array != nullptr) {
      std::vector<std::string> texts;
      for (const toml::node& element : *array) {
        const auto text = element.value_exact<std::string>();
        if (!text) {
          return refuse(path_, element.source().begin, "'" + key + "' may hold texts only");
        }
        texts.push_back(*text);
      }
      return add(key, std::move(texts), at);
    }
    if (const auto text = node.value_exact<std::string>(); text) {
      return add(key, *text, at);
    }
    if (const auto number = node.value_exact<std::int64_t>(); number) {
      return add(key, *number, at);
    }
    if (const auto number = node.value_exact<double>(); number) {
      return add(key, *number, at);
    }
    if (const auto truth = node.value_exact<bool>(); truth) {
      return add(key, *truth, at);
    }
    return refuse(path_, at, "'" + key + "' is a date or a time, which no key takes");
  }

  Result<void> add(const std::string& key, ConfigValue value, const toml::source_position& at) {
    out_.push_back({key, std::move(value), at.line, at.column});
    return {};
  }

  std::string path_;
  std::vector<ConfigEntry>& out_;
};

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& path) {
  toml::parse_result parsed;
  try {
    parsed = toml::parse(text, std::string_view(path));
  } catch (const std::logic_error& broken) {
    return fail(RuntimeErrorCode::configuration_invalid, path + ": malformed: " + broken.what(), path);
  }
  if (!parsed) {
    return refuse(path, parsed.error().source().begin, std::string(parsed.error().description()));
  }
  std::vector<ConfigEntry> entries;
  Flattener flattener(path, entries);
  if (auto done = flattener.table(parsed.table(), ""); !done) {
    return std::unexpected(std::move(done.error()));
  }
  std::ranges::sort(entries, [](const ConfigEntry& left, const ConfigEntry& right) {
    return std::tie(left.line, left.column) < std::tie(right.line, right.column);
  });
  return entries;
}

Result<std::vector<ConfigEntry>> read_config_file(const std::string& path) {
  auto file = read_file(path, kFileBytesMax);
  if (!file) {
    return fail(RuntimeErrorCode::configuration_invalid, "the configuration file " + path + " " + file.error(), path);
  }
  return parse_config(file->bytes, path);
}

}  // namespace orchestrator::cli

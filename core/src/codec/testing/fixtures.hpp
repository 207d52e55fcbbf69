// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads recorded provider traffic for tests, and compares what a decoder made of it with what its meta file says.
// The recordings are not part of this repository: ORCHESTRATOR_FIXTURES names their folder, else
// `../shared/fixtures` beside the source root is tried. Tests skip where there are none.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec::testing {

/// The folder of the recordings; nothing where it is absent.
[[nodiscard]] std::optional<std::filesystem::path> fixtures_root();

/// One recording and its meta file.
struct Fixture {
  std::string group;  // the folder, such as `openai-responses`
  std::string name;
  std::string file;  // with its extension: .sse, .json or .http
  std::string bytes;
  boost::json::object meta;
  [[nodiscard]] const boost::json::object& expected() const { return meta.at("expected").as_object(); }
  [[nodiscard]] bool is_stream() const { return file.ends_with(".sse"); }
};

/// The names of a group's cases, sorted; empty where the recordings or the group are absent.
[[nodiscard]] std::vector<std::string> fixture_names(std::string_view group);

/// Throws std::runtime_error where a file is missing.
[[nodiscard]] Fixture read_fixture(std::string_view group, std::string_view name);

/// The bytes of a file below the root, such as `sse-conformance/bom.json`. Throws std::runtime_error.
[[nodiscard]] std::string read_fixture_file(const std::filesystem::path& path);

using DecoderFactory = std::function<std::unique_ptr<StreamDecoder>()>;

/// What a fresh decoder makes of `bytes` fed in pieces that end at `cuts` (ascending) and at the end; neighbouring
/// pieces joined.
[[nodiscard]] std::vector<event::ProviderPart> decode_in_pieces(const DecoderFactory& make_decoder,
                                                                std::string_view bytes,
                                                                const std::vector<std::size_t>& cuts);

/// Decodes `bytes` whole, byte by byte, at every single cut (up to `single_cuts_max` of them, evenly spread) and at
/// seeded random cuts. Gives the first difference, or an empty string.
[[nodiscard]] std::string find_split_difference(const DecoderFactory& make_decoder, std::string_view bytes,
                                                std::size_t single_cuts_max, std::size_t random_rounds);

/// How `parts` differ from the `expected` of a meta file: one line for each difference, none where they agree. Covers
/// text, reasoning, refusal, calls, other items, finish reason and native one, usage, error, model and response id.
[[nodiscard]] std::string compare_expected(const std::vector<event::ProviderPart>& parts,
                                           const boost::json::object& expected);

/// Breaches of the rules that every decoder's output keeps: exactly one end, and last; each item done once, with no
/// piece after it; pieces of a done item concatenate to its text. One line each.
[[nodiscard]] std::string check_part_rules(const std::vector<event::ProviderPart>& parts);

/// A part in one line, for failure messages.
[[nodiscard]] std::string describe(const event::ProviderPart& part);

}  // namespace orchestrator::harness::codec::testing

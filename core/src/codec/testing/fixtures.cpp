// SPDX-License-Identifier: Apache-2.0
#include "codec/testing/fixtures.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace orchestrator::harness::codec::testing {
namespace {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Index and text of the first part that differs.
std::string first_difference(const std::vector<event::ProviderPart>& whole,
                             const std::vector<event::ProviderPart>& pieces) {
  const std::size_t common = std::min(whole.size(), pieces.size());
  for (std::size_t index = 0; index < common; ++index) {
    if (whole[index] == pieces[index]) continue;
    return "part " + std::to_string(index) + ": unsplit " + describe(whole[index]) + ", split " +
           describe(pieces[index]);
  }
  if (whole.size() == pieces.size()) return {};
  return "unsplit " + std::to_string(whole.size()) + " parts, split " + std::to_string(pieces.size());
}

std::string joined(const std::vector<std::size_t>& cuts) {
  std::string out;
  for (std::size_t index = 0; index < cuts.size() && index < 20; ++index) out += " " + std::to_string(cuts[index]);
  return out + (cuts.size() > 20 ? " ..." : "");
}

std::vector<std::size_t> random_cuts(std::mt19937& engine, std::size_t size) {
  std::vector<std::size_t> cuts;
  const std::size_t step_max = std::uniform_int_distribution<std::size_t>(1, 600)(engine);
  std::uniform_int_distribution<std::size_t> step(1, step_max);
  for (std::size_t at = step(engine); at < size; at += step(engine)) cuts.push_back(at);
  return cuts;
}

}  // namespace

std::optional<std::filesystem::path> fixtures_root() {
  const char* named = std::getenv("ORCHESTRATOR_FIXTURES");
  const std::filesystem::path root =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(ORCHESTRATOR_SOURCE_DIR) / ".." / "shared" / "fixtures";
  if (!std::filesystem::is_directory(root)) return std::nullopt;
  return root;
}

std::vector<std::string> fixture_names(std::string_view group) {
  constexpr std::string_view kSuffix = ".meta.json";
  std::vector<std::string> names;
  const auto root = fixtures_root();
  if (!root || !std::filesystem::is_directory(*root / group)) return names;
  for (const auto& entry : std::filesystem::directory_iterator(*root / group)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(kSuffix)) names.push_back(name.substr(0, name.size() - kSuffix.size()));
  }
  std::ranges::sort(names);
  return names;
}

std::string read_fixture_file(const std::filesystem::path& path) {
  const auto root = fixtures_root();
  if (!root) throw std::runtime_error("no recordings: set ORCHESTRATOR_FIXTURES");
  return read_whole(*root / path);
}

Fixture read_fixture(std::string_view group, std::string_view name) {
  const std::filesystem::path folder(group);
  Fixture fixture;
  fixture.group = group;
  fixture.name = name;
  boost::json::parse_options options;
  options.max_depth = 256;
  const std::string meta = read_fixture_file(folder / (fixture.name + ".meta.json"));
  fixture.meta = boost::json::parse(meta, boost::json::storage_ptr(), options).as_object();
  fixture.file = std::string(fixture.meta.at("file").as_string());
  fixture.bytes = read_fixture_file(folder / fixture.file);
  return fixture;
}

std::vector<event::ProviderPart> decode_in_pieces(const DecoderFactory& make_decoder, std::string_view bytes,
                                                  const std::vector<std::size_t>& cuts) {
  const std::unique_ptr<StreamDecoder> decoder = make_decoder();
  std::vector<event::ProviderPart> produced;
  std::size_t from = 0;
  const auto feed = [&](std::size_t to) {
    // A copy of its own, so that a view into an earlier piece is a use after free.
    const auto piece = std::make_unique<std::string>(bytes.substr(from, to - from));
    decoder->feed(*piece, produced);
    from = to;
  };
  for (const std::size_t cut : cuts) feed(cut);
  feed(bytes.size());
  decoder->finish(produced);
  std::vector<event::ProviderPart> parts;
  for (event::ProviderPart& part : produced) event::append_joined(parts, std::move(part));
  return parts;
}

std::string find_split_difference(const DecoderFactory& make_decoder, std::string_view bytes,
                                  std::size_t single_cuts_max, std::size_t random_rounds) {
  const auto whole = decode_in_pieces(make_decoder, bytes, {});
  const auto difference = [&](const std::vector<std::size_t>& cuts) {
    const std::string found = first_difference(whole, decode_in_pieces(make_decoder, bytes, cuts));
    return found.empty() ? found : "cut at" + joined(cuts) + ": " + found;
  };
  std::vector<std::size_t> every(bytes.empty() ? 0 : bytes.size() - 1);
  for (std::size_t index = 0; index < every.size(); ++index) every[index] = index + 1;
  if (std::string found = difference(every); !found.empty()) return found;
  const std::size_t stride = std::max<std::size_t>(1, bytes.size() / std::max<std::size_t>(1, single_cuts_max));
  for (std::size_t cut = 1; single_cuts_max > 0 && cut < bytes.size(); cut += stride) {
    if (std::string found = difference({cut}); !found.empty()) return found;
  }
  std::mt19937 engine(20'221'122);
  for (std::size_t round = 0; round < random_rounds; ++round) {
    if (std::string found = difference(random_cuts(engine, bytes.size())); !found.empty()) return found;
  }
  return {};
}

}  // namespace orchestrator::harness::codec::testing

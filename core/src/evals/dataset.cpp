// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "evals/case_json.hpp"
#include "event/json_writer.hpp"
#include "orchestrator/harness/eval_dataset.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kIdHexDigits = 16;
constexpr std::size_t kReadBytes = std::size_t{1} << 16;

std::unexpected<Error> bad(std::string message, std::string at) {
  return fail(RuntimeErrorCode::invalid_argument, std::move(message), std::move(at));
}

bool is_control(char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7F; }

Result<void> check_id(const std::string& id, std::set<std::string>& seen) {
  if (id.size() > kIdBytesMax) return bad("the id has " + std::to_string(id.size()) + " bytes; allowed: 1 to 128", id);
  if (std::ranges::any_of(id, is_control) || !event::is_valid_utf8(id)) {
    return bad("the id has control characters or is not UTF-8", id);
  }
  if (!seen.insert(id).second) return bad("the id '" + id + "' is there twice", id);
  return {};
}

Result<void> check_case(const EvalCase& one) {
  const bool is_empty = std::ranges::all_of(one.input, [](const ContentPart& part) {
    const auto* text = std::get_if<TextPart>(&part);
    return text != nullptr && text->text.empty();
  });
  if (is_empty) return bad("'input' is empty", one.id);
  for (const ContentPart& part : one.input) {
    const auto* text = std::get_if<TextPart>(&part);
    if (text != nullptr && !event::is_valid_utf8(text->text)) return bad("'input' is not valid UTF-8", one.id);
  }
  if (one.expected) {
    if (auto value = evals::parse_json(one.expected->text); !value) {
      return bad("'expected' is " + value.error().message, one.id);
    }
  }
  return {};
}

std::unexpected<Error> at_line(const std::string& name, std::uint64_t line, Error error) {
  error.message = name + ":" + std::to_string(line) + ": " + error.message;
  error.at = name + ":" + std::to_string(line);
  return std::unexpected(std::move(error));
}

Result<void> check_bounds(const std::string& name, const DatasetBounds& bounds, std::uint64_t cases) {
  if (cases <= bounds.cases_max) return {};
  return fail(RuntimeErrorCode::limit_exceeded, name + ": more than " + std::to_string(bounds.cases_max) + " cases",
              name);
}

/// The place of a case in a sample: the same for the same seed and id, whatever else is there.
Hash place_of(std::uint64_t seed, const std::string& id) { return sha256(std::to_string(seed) + "/" + id); }

/// The positions of the `count` cases of `among` whose places are least, in order.
std::vector<std::size_t> least_places(const std::vector<EvalCase>& cases, const std::vector<std::size_t>& among,
                                      std::size_t count, std::uint64_t seed) {
  std::vector<std::pair<Hash, std::size_t>> places;
  for (const std::size_t index : among) places.emplace_back(place_of(seed, cases[index].id), index);
  std::ranges::sort(places);
  places.resize(std::min(count, places.size()));
  std::vector<std::size_t> chosen;
  for (const auto& [place, index] : places) chosen.push_back(index);
  return chosen;
}

/// How many of `count` each group has, by the largest remainder. Exact: in whole numbers.
std::vector<std::size_t> quotas_of(const std::vector<std::size_t>& sizes, std::size_t count) {
  std::size_t all = 0;
  for (const std::size_t size : sizes) all += size;
  count = std::min(count, all);
  std::vector<std::size_t> quotas;
  std::vector<std::pair<std::size_t, std::size_t>> remainders;  // the largest first, then the first group
  std::size_t given = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    quotas.push_back(all == 0 ? 0 : sizes[i] * count / all);
    given += quotas.back();
    remainders.emplace_back(all == 0 ? 0 : all - sizes[i] * count % all, i);
  }
  std::ranges::sort(remainders);
  for (std::size_t i = 0; given < count; ++i, ++given) quotas[remainders[i].second] += 1;
  return quotas;
}

}  // namespace

Hash EvalCase::hash() const { return sha256(evals::canonical_line(evals::hashed_members(*this))); }

Result<Dataset> Dataset::of(std::string name, std::vector<EvalCase> cases, const DatasetBounds& bounds) {
  if (auto within = check_bounds(name, bounds, cases.size()); !within) return std::unexpected(within.error());
  std::set<std::string> ids;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EvalCase& one = cases[i];
    if (one.id.empty()) one.id = "case_" + one.hash().str().substr(0, kIdHexDigits);
    Result<void> checked = check_id(one.id, ids);
    if (checked) checked = check_case(one);
    if (!checked) {
      checked.error().message = "case " + std::to_string(i + 1) + ": " + checked.error().message;
      return std::unexpected(checked.error());
    }
  }
  Dataset dataset;
  dataset.name_ = std::move(name);
  dataset.cases_ = std::move(cases);
  return dataset;
}

Result<Dataset> Dataset::parse_jsonl(std::string_view text, std::string name, const DatasetBounds& bounds) {
  if (text.size() > bounds.bytes_max) {
    return fail(RuntimeErrorCode::limit_exceeded, name + ": more than " + std::to_string(bounds.bytes_max) + " bytes",
                name);
  }
  Dataset dataset;
  std::set<std::string> ids;
  std::uint64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    number += 1;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line.size() > bounds.line_bytes_max) {
      return at_line(name, number,
                     fail(RuntimeErrorCode::limit_exceeded,
                          "the line has more than " + std::to_string(bounds.line_bytes_max) + " bytes")
                         .error());
    }
    auto value = evals::parse_json(line);
    if (!value) return at_line(name, number, value.error());
    if (!value->is_object()) return at_line(name, number, bad("a case must be a JSON object", "").error());
    auto one = evals::case_of(value->get_object());
    if (!one) return at_line(name, number, one.error());
    if (one->id.empty()) one->id = "case_" + one->hash().str().substr(0, kIdHexDigits);
    Result<void> checked = check_id(one->id, ids);
    if (checked) checked = check_case(*one);
    if (!checked) return at_line(name, number, checked.error());
    dataset.cases_.push_back(*std::move(one));
    if (auto within = check_bounds(name, bounds, dataset.cases_.size()); !within) {
      return at_line(name, number, within.error());
    }
  }
  if (dataset.cases_.empty()) return bad(name + ": there is no case in it", name);
  dataset.name_ = std::move(name);
  return dataset;
}

Result<Dataset> Dataset::load(const std::string& path, const DatasetBounds& bounds) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(RuntimeErrorCode::storage_failed, "the dataset " + path + " cannot be opened", path);
  std::string text;
  std::string buffer(kReadBytes, '\0');
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    text.append(buffer, 0, static_cast<std::size_t>(file.gcount()));
    if (text.size() > bounds.bytes_max) break;
  }
  if (file.bad() || (text.empty() && !file.eof())) {
    return fail(RuntimeErrorCode::storage_failed, "the dataset " + path + " cannot be read", path);
  }
  return parse_jsonl(text, path, bounds);
}

Hash Dataset::hash() const {
  std::string bytes;
  for (const EvalCase& one : cases_) bytes += one.id + "\n" + one.hash().str() + "\n";
  return sha256(bytes);
}

Result<std::string> Dataset::jsonl() const {
  std::string text;
  for (const EvalCase& one : cases_) {
    auto object = evals::object_of(one);
    if (!object) return std::unexpected(object.error());
    text += evals::canonical_line(*object) + "\n";
  }
  return text;
}

Dataset Dataset::sample(std::size_t count, std::uint64_t seed) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < cases_.size(); ++i) all.push_back(i);
  std::vector<std::size_t> chosen = least_places(cases_, all, count, seed);
  std::ranges::sort(chosen);
  Dataset sample;
  sample.name_ = name_;
  for (const std::size_t index : chosen) sample.cases_.push_back(cases_[index]);
  return sample;
}

Dataset Dataset::stratified_sample(const std::string& tag, std::size_t count, std::uint64_t seed) const {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const auto found = cases_[i].tags.find(tag);
    groups[found == cases_[i].tags.end() ? std::string() : found->second].push_back(i);
  }
  std::vector<std::size_t> sizes;
  for (const auto& [value, members] : groups) sizes.push_back(members.size());
  const std::vector<std::size_t> quotas = quotas_of(sizes, count);
  std::vector<std::size_t> chosen;
  std::size_t group = 0;
  for (const auto& [value, members] : groups) {
    const auto of_group = least_places(cases_, members, quotas[group++], seed);
    chosen.insert(chosen.end(), of_group.begin(), of_group.end());
  }
  std::ranges::sort(chosen);
  Dataset sample;
  sample.name_ = name_;
  for (const std::size_t index : chosen) sample.cases_.push_back(cases_[index]);
  return sample;
}

}  // namespace orchestrator::harness

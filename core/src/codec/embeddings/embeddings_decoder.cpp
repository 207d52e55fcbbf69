// SPDX-License-Identifier: Apache-2.0
#include "codec/embeddings/embeddings_decoder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "codec/json_document.hpp"
#include "codec/provider_failure.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kDepthMax = 32;

std::unexpected<Error> violation(const std::string& what) {
  return fail(ProviderErrorCode::provider_protocol_violation, "the answer with embeddings " + what);
}

std::string ordinal(std::size_t index) { return "embedding " + std::to_string(index); }

// As a float, or nothing: what is too large for one would become infinite.
std::optional<float> number_of(const json::value& value) {
  json::error_code failed;
  const double number = value.is_number() ? value.to_number<double>(failed) : std::nan("");
  if (failed || !std::isfinite(number)) return std::nullopt;
  if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) return std::nullopt;
  return static_cast<float>(number);
}

Result<std::vector<float>> vector_of(const json::object& element, std::size_t index) {
  const json::array* values = find_array(element, "embedding");
  if (values == nullptr) return violation("has no list of numbers as " + ordinal(index));
  if (values->empty() || values->size() > kEmbeddingValuesMax) {
    return violation("has " + std::to_string(values->size()) + " numbers in " + ordinal(index) + "; expected 1 to " +
                     std::to_string(kEmbeddingValuesMax));
  }
  std::vector<float> vector;
  vector.reserve(values->size());
  for (const json::value& value : *values) {
    const auto number = number_of(value);
    if (!number) {
      return violation("holds what is no finite number in " + ordinal(index) + " at " + std::to_string(vector.size()));
    }
    vector.push_back(*number);
  }
  if (std::ranges::all_of(vector, [](float number) { return number == 0; })) {
    return violation("is all zero in " + ordinal(index) + ", which points nowhere");
  }
  return vector;
}

// The place of an element: its `index`, or where it stands.
std::optional<std::size_t> index_of(const json::object& element, std::size_t place, std::size_t texts) {
  if (find_member(element, "index") == nullptr) return place;
  const auto index = find_uint(element, "index");
  return index && *index < texts ? std::optional(static_cast<std::size_t>(*index)) : std::nullopt;
}

Result<std::vector<std::vector<float>>> vectors_of(const json::array& data, std::size_t texts) {
  if (data.size() != texts) {
    return violation("has " + std::to_string(data.size()) + " embeddings for " + std::to_string(texts) + " texts");
  }
  std::vector<std::vector<float>> vectors(texts);
  for (std::size_t place = 0; place < data.size(); ++place) {
    const json::object* element = data[place].if_object();
    if (element == nullptr) return violation("holds what is no object at " + std::to_string(place));
    const auto index = index_of(*element, place, texts);
    if (!index) return violation("has an index that is none of " + std::to_string(texts) + " texts");
    if (!vectors[*index].empty()) return violation("has " + ordinal(*index) + " twice");
    auto vector = vector_of(*element, *index);
    if (!vector) return std::unexpected(std::move(vector.error()));
    vectors[*index] = *std::move(vector);
  }
  for (std::size_t i = 1; i < texts; ++i) {
    if (vectors[i].size() == vectors[0].size()) continue;
    return violation("has " + std::to_string(vectors[i].size()) + " numbers in " + ordinal(i) + " and " +
                     std::to_string(vectors[0].size()) + " in embedding 0");
  }
  return vectors;
}

// Hosts that do not tell what the texts took of what else there was send only one of the two, or both alike.
std::optional<std::uint64_t> tokens_of(const json::object& root) {
  const json::object* usage = find_object(root, "usage");
  if (usage == nullptr) return std::nullopt;
  bool is_invalid = false;
  const auto prompt = read_token_count(*usage, "prompt_tokens", is_invalid);
  const auto total = read_token_count(*usage, "total_tokens", is_invalid);
  if (is_invalid) return std::nullopt;
  return prompt ? prompt : total;
}

}  // namespace

Result<EmbeddingsAnswer> decode_embeddings(std::string_view body, std::size_t texts) {
  JsonDocument document(kDepthMax);
  const auto root = document.parse_object(body);
  if (!root) return std::unexpected(root.error());
  const json::array* data = find_array(**root, "data");
  if (data == nullptr) {
    // Some gateways send their error with status 200.
    if (const json::value* error = find_member(**root, "error"); error != nullptr) {
      if (const json::object* object = error->if_object()) return std::unexpected(map_stream_error(*object));
      if (const json::string* text = error->if_string()) {
        return std::unexpected(map_stream_error(std::string_view(text->data(), text->size())));
      }
    }
    return std::unexpected(bad_json("expected a list of embeddings as 'data'", body));
  }
  auto vectors = vectors_of(*data, texts);
  if (!vectors) return std::unexpected(std::move(vectors.error()));
  return EmbeddingsAnswer{*std::move(vectors), tokens_of(**root)};
}

}  // namespace orchestrator::harness::codec

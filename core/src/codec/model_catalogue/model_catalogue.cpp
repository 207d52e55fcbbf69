// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "event/nearest_name.hpp"
#include "orchestrator/harness/catalogue.hpp"

namespace orchestrator::harness {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kBytesMax = 4UL << 20;
constexpr std::size_t kEntriesMax = 10'000;
constexpr double kUsdMax = 1e6;  // for a million tokens
constexpr std::uint64_t kTokensMax = 1'000'000'000'000;

std::string text_of(json::string_view view) { return {view.data(), view.size()}; }

// Reads one catalogue; the first thing that is wrong ends it.
class Reader {
 public:
  explicit Reader(std::string_view origin) : origin_(origin) {}

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  std::pair<std::string, std::vector<CatalogueEntry>> read(const json::value& root) {
    std::pair<std::string, std::vector<CatalogueEntry>> result;
    const json::object* object = object_at(root, "", {"version", "models"});
    if (object == nullptr) return result;
    result.first = text_at(*object, "version", "");
    const json::value* models = object->if_contains("models");
    if (models == nullptr || !models->is_array()) {
      refuse("/models", "must be a list of models");
      return result;
    }
    if (models->get_array().size() > kEntriesMax) refuse("/models", "has more than 10000 models");
    std::size_t index = 0;
    for (const json::value& model : models->get_array()) {
      if (error_) break;
      result.second.push_back(entry(model, "/models/" + std::to_string(index++), result.first));
    }
    return result;
  }

 private:
  void refuse(const std::string& at, const std::string& why) {
    if (error_) return;
    error_ = RuntimeError{RuntimeErrorCode::configuration_invalid,
                          "the model catalogue " + origin_ + ": " + (at.empty() ? "/" : at) + " " + why,
                          at.empty() ? "/" : at,
                          {}};
  }

  const json::object* object_at(const json::value& value, const std::string& at,
                                std::initializer_list<std::string_view> known) {
    if (!value.is_object()) {
      refuse(at, "must be an object");
      return nullptr;
    }
    for (const auto& member : value.get_object()) {
      const std::string name = text_of(member.key());
      if (std::ranges::find(known, name) != known.end()) continue;
      refuse(at, "has the unknown member '" + name + "'" + event::did_you_mean(name, std::vector(known)));
      return nullptr;
    }
    return &value.get_object();
  }

  std::string text_at(const json::object& object, const char* name, const std::string& at) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_string() || value->get_string().empty()) {
      refuse(at + "/" + name, "must be a text");
      return {};
    }
    return text_of(value->get_string());
  }

  std::vector<std::string> texts_at(const json::object& object, const char* name, const std::string& at) {
    std::vector<std::string> texts;
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return texts;
    if (!value->is_array()) {
      refuse(at + "/" + name, "must be a list of texts");
      return texts;
    }
    for (const json::value& text : value->get_array()) {
      if (!text.is_string()) {
        refuse(at + "/" + name, "must be a list of texts");
        return texts;
      }
      texts.push_back(text_of(text.get_string()));
    }
    std::ranges::sort(texts);
    return texts;
  }

  std::optional<std::uint64_t> tokens_at(const json::object& object, const char* name, const std::string& at) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return std::nullopt;
    json::error_code failed;
    const auto tokens = value->is_number() && !value->is_double() ? value->to_number<std::uint64_t>(failed) : 0;
    if (failed || tokens == 0 || tokens > kTokensMax) {
      refuse(at + "/" + name, "must be a whole number of tokens, from 1 to 10^12");
      return std::nullopt;
    }
    return tokens;
  }

  // USD for a million tokens, in micro-USD.
  std::optional<std::uint64_t> usd_at(const json::object& object, const char* name, const std::string& at) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return std::nullopt;
    json::error_code failed;
    const double usd = value->is_number() ? value->to_number<double>(failed) : -1;
    if (failed || !(usd >= 0 && usd <= kUsdMax)) {
      refuse(at + "/" + name, "must be a price in USD, from 0 to 1000000");
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(std::llround(usd * 1e6));
  }

  TokenPrices prices_at(const json::object& object, const std::string& at) {
    return {usd_at(object, "input", at), usd_at(object, "cached_input", at), usd_at(object, "cache_write", at),
            usd_at(object, "output", at)};
  }

  CatalogueEntry entry(const json::value& value, const std::string& at, const std::string& version) {
    CatalogueEntry entry;
    const json::object* object = object_at(
        value, at,
        {"model", "context_tokens", "output_tokens_max", "unsupported", "regions", "usd_per_million", "long_input"});
    if (object == nullptr) return entry;
    auto model = ModelRef::parse(text_at(*object, "model", at));
    if (!model) {
      refuse(at + "/model", "is wrong: " + model.error().message);
      return entry;
    }
    entry.model = *std::move(model);
    entry.context_tokens = tokens_at(*object, "context_tokens", at);
    entry.output_tokens_max = tokens_at(*object, "output_tokens_max", at);
    entry.unsupported = texts_at(*object, "unsupported", at);
    entry.regions = texts_at(*object, "regions", at);
    const json::value* base = object->if_contains("usd_per_million");
    if (base == nullptr) {
      if (object->contains("long_input")) refuse(at + "/long_input", "needs usd_per_million");
      return entry;
    }
    const std::string at_base = at + "/usd_per_million";
    const json::object* prices = object_at(*base, at_base, {"input", "cached_input", "cache_write", "output"});
    if (prices == nullptr) return entry;
    entry.price = ModelPrice{prices_at(*prices, at_base), std::nullopt, {}, version};
    if (const json::value* more = object->if_contains("long_input")) {
      const std::string at_long = at + "/long_input";
      const json::object* dearer =
          object_at(*more, at_long, {"above_input_tokens", "input", "cached_input", "cache_write", "output"});
      if (dearer == nullptr) return entry;
      entry.price->long_input_above = tokens_at(*dearer, "above_input_tokens", at_long);
      if (!entry.price->long_input_above) refuse(at_long + "/above_input_tokens", "is missing");
      entry.price->long_input = prices_at(*dearer, at_long);
    }
    return entry;
  }

  std::string origin_;
  std::optional<Error> error_;
};

constexpr std::string_view kBuiltIn =
#include "codec/model_catalogue/built_in_models.inc"
    ;

}  // namespace

const ModelCatalogue& ModelCatalogue::built_in() {
  static const ModelCatalogue catalogue = parse(kBuiltIn, "of this version").value();
  return catalogue;
}

Result<ModelCatalogue> ModelCatalogue::parse(std::string_view text, std::string_view origin) {
  const auto invalid = [&](const std::string& why) {
    return fail(RuntimeErrorCode::configuration_invalid, "the model catalogue " + std::string(origin) + " " + why, "/");
  };
  if (text.size() > kBytesMax) return invalid("is larger than 4 MiB");
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code failed;
  const json::value root = json::parse({text.data(), text.size()}, failed, {}, options);
  if (failed) return invalid("is not JSON: " + failed.message());
  Reader reader(origin);
  auto [version, entries] = reader.read(root);
  if (reader.error()) return std::unexpected(*reader.error());
  ModelCatalogue catalogue;
  catalogue.version_ = std::move(version);
  catalogue.entries_ = std::move(entries);
  return catalogue;
}

void ModelCatalogue::prepend(const ModelCatalogue& more) {
  entries_.insert(entries_.begin(), more.entries_.begin(), more.entries_.end());
  if (!more.version_.empty()) version_ = more.version_;
}

ModelCatalogue::Found ModelCatalogue::find(const ModelRef& model) const {
  Found best;
  for (const CatalogueEntry& entry : entries_) {
    if (entry.model == model) return {&entry, false};
    const std::string& name = entry.model.model;
    const bool is_prefix = entry.model.provider == model.provider && model.model.size() > name.size() &&
                           model.model.starts_with(name) && model.model[name.size()] == '-';
    if (is_prefix && (best.entry == nullptr || name.size() > best.entry->model.model.size())) best = {&entry, true};
  }
  return best;
}

void ModelCatalogue::complete(ModelOffer& offer) const {
  const Found found = find(offer.model);
  if (found.entry == nullptr) return;
  if (!offer.context_tokens) offer.context_tokens = found.entry->context_tokens;
  if (!offer.output_tokens_max) offer.output_tokens_max = found.entry->output_tokens_max;
  if (offer.regions.empty()) offer.regions = found.entry->regions;
  if (!offer.price && found.entry->price) {
    offer.price = found.entry->price;
    if (found.is_relative) offer.price->table += ", as " + found.entry->model.str();
  }
  for (const std::string& name : found.entry->unsupported) {
    if (std::ranges::find(offer.unsupported, name) == offer.unsupported.end()) offer.unsupported.push_back(name);
  }
  std::ranges::sort(offer.unsupported);
}

}  // namespace orchestrator::harness

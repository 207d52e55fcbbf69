// SPDX-License-Identifier: Apache-2.0
// `orchestrator models list|show`

#include <boost/json.hpp>

#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::RuntimeErrorCode;

std::string count_or_unknown(const std::optional<std::uint64_t>& count) {
  return count ? std::to_string(*count) : "unknown";
}

boost::json::value number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? boost::json::value(*number) : boost::json::value(nullptr);
}

boost::json::array json_of(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const std::string& text : texts) {
    array.emplace_back(text);
  }
  return array;
}

boost::json::object json_of(const harness::TokenPrices& prices) {
  return {{"input", number_or_null(prices.input)},
          {"cached_input", number_or_null(prices.cached_input)},
          {"cache_write", number_or_null(prices.cache_write)},
          {"output", number_or_null(prices.output)}};
}

boost::json::value json_of(const std::optional<harness::ModelPrice>& price) {
  if (!price) {
    return nullptr;
  }
  boost::json::object object{{"table", price->table}, {"micro_usd_per_million", json_of(price->base)}};
  if (price->long_input_above) {
    object["long_input_above"] = *price->long_input_above;
    object["long_input_micro_usd_per_million"] = json_of(price->long_input);
  }
  return object;
}

boost::json::object json_of(const harness::ModelOffer& offer, bool is_ready) {
  return {{"model", offer.model.str()},
          {"wire", offer.wire},
          {"context_tokens", number_or_null(offer.context_tokens)},
          {"output_tokens_max", number_or_null(offer.output_tokens_max)},
          {"unsupported", json_of(offer.unsupported)},
          {"regions", json_of(offer.regions)},
          {"price", json_of(offer.price)},
          {"ready", is_ready}};
}

harness::Error unknown_provider(const std::string& name,
                                const std::vector<std::shared_ptr<harness::ProviderAdapter>>& providers) {
  std::vector<std::string> names;
  std::string known;
  for (const auto& provider : providers) {
    names.push_back(provider->id().str());
    known += (known.empty() ? "" : ", ") + names.back();
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string suggestion = harness::event::did_you_mean(name, views);
  return fail(RuntimeErrorCode::unknown_provider,
              "no provider " + quoted_text(name) + (suggestion.empty() ? "; there are: " + known : suggestion), name)
      .error();
}

/// Dollars for a million tokens, without trailing zeros: `1.25`.
std::string usd_text(const std::optional<std::uint64_t>& micro_usd) {
  if (!micro_usd) {
    return "unknown";
  }
  std::string text = cost_text(micro_usd);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

std::string prices_text(const harness::TokenPrices& prices) {
  return usd_text(prices.input) + " in, " + usd_text(prices.cached_input) + " cached, " + usd_text(prices.cache_write) +
         " cache write, " + usd_text(prices.output) + " out";
}

std::string joined_texts(const std::vector<std::string>& texts, const std::string& none) {
  std::string joined;
  for (const std::string& text : texts) {
    joined += (joined.empty() ? "" : ", ") + text;
  }
  return joined.empty() ? none : joined;
}

/// The names that the adapter lists, then those of the catalogue.
std::vector<std::string> models_of(const harness::ProviderAdapter& provider, const harness::ModelCatalogue& catalogue) {
  std::vector<std::string> models = provider.known_models();
  for (const harness::CatalogueEntry& entry : catalogue.entries()) {
    const bool is_ours = entry.model.provider == provider.id();
    if (is_ours && std::ranges::find(models, entry.model.model) == models.end()) {
      models.push_back(entry.model.model);
    }
  }
  return models;
}

harness::ModelOffer offer_of(const harness::ProviderAdapter& provider, const harness::ModelCatalogue& catalogue,
                             const harness::ModelRef& model) {
  harness::ModelOffer offer = provider.offer(model);
  catalogue.complete(offer);
  return offer;
}

void show(CommandContext& context, const harness::ModelOffer& offer, const harness::Result<void>& ready) {
  Table table({"MODEL", offer.model.str()});
  table.add({"protocol", offer.wire});
  table.add({"ready", ready ? "yes" : "no: " + ready.error().message});
  table.add({"context", count_or_unknown(offer.context_tokens) + (offer.context_tokens ? " tokens" : "")});
  table.add({"output at most", count_or_unknown(offer.output_tokens_max) + (offer.output_tokens_max ? " tokens" : "")});
  table.add({"takes no", joined_texts(offer.unsupported, "(nothing is known that it does not take)")});
  table.add({"regions", joined_texts(offer.regions, "unknown")});
  table.add({"price table", offer.price ? offer.price->table : "none: its price is unknown"});
  if (offer.price) {
    table.add({"USD a million", prices_text(offer.price->base)});
    if (offer.price->long_input_above) {
      table.add(
          {"above " + std::to_string(*offer.price->long_input_above) + " in", prices_text(offer.price->long_input)});
    }
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
}

}  // namespace

ExitStatus models_show_command(CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  auto harness = make_harness_without_store(context, *configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  auto model = harness::ModelRef::parse(context.invocation.arguments.front());
  if (!model) {
    return report(context, model.error());
  }
  const auto providers = harness->providers();
  const auto provider =
      std::ranges::find_if(providers, [&](const auto& known) { return known->id() == model->provider; });
  if (provider == providers.end()) {
    return report(context, unknown_provider(model->provider.str(), providers));
  }
  const harness::ModelOffer offer = offer_of(**provider, harness->catalogue(), *model);
  const auto ready = (*provider)->ready(*model);
  if (context.invocation.has("--json")) {
    context.out.write(json_line(json_of(offer, ready.has_value())));
  } else {
    show(context, offer, ready);
  }
  return ExitStatus::done;
}

ExitStatus models_list_command(CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  auto harness = make_harness_without_store(context, *configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  const auto wanted = context.invocation.value("--provider");
  const auto providers = harness->providers();
  bool found = false;
  bool listed = false;
  Table table({"MODEL", "CONTEXT", "USD IN", "USD OUT", "READY"});
  for (const auto& provider : providers) {
    const std::string name = provider->id().str();
    if (wanted && *wanted != name) {
      continue;
    }
    found = true;
    for (const std::string& model : models_of(*provider, harness->catalogue())) {
      const harness::ModelRef reference{provider->id(), model};
      const harness::ModelOffer offer = offer_of(*provider, harness->catalogue(), reference);
      const auto ready = provider->ready(reference);
      listed = true;
      if (context.invocation.has("--json")) {
        context.out.write(json_line(json_of(offer, ready.has_value())));
      } else {
        const harness::TokenPrices prices = offer.price ? offer.price->base : harness::TokenPrices{};
        table.add({reference.str(), count_or_unknown(offer.context_tokens), usd_text(prices.input),
                   usd_text(prices.output), ready ? "yes" : "no: " + ready.error().message});
      }
    }
  }
  if (wanted && !found) {
    return report(context, unknown_provider(*wanted, providers));
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  context.notes.note("prices are US dollars for a million tokens, of table " + harness->catalogue().version());
  context.notes.note(std::string(listed ? "any other model" : "no model is listed, but any model") +
                     " of a provider can be named as PROVIDER/MODEL");
  return ExitStatus::done;
}

}  // namespace orchestrator::cli

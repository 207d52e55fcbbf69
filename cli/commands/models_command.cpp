// SPDX-License-Identifier: Apache-2.0
// `orchestrator models list`

#include <boost/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/commands/harness_wiring.hpp"
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

boost::json::object json_of(const harness::ModelOffer& offer, bool is_ready) {
  boost::json::array unsupported;
  for (const std::string& name : offer.unsupported) {
    unsupported.emplace_back(name);
  }
  return {{"model", offer.model.str()},
          {"wire", offer.wire},
          {"context_tokens", number_or_null(offer.context_tokens)},
          {"output_tokens_max", number_or_null(offer.output_tokens_max)},
          {"unsupported", std::move(unsupported)},
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

}  // namespace

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
  Table table({"MODEL", "CONTEXT", "READY"});
  for (const auto& provider : providers) {
    const std::string name = provider->id().str();
    if (wanted && *wanted != name) {
      continue;
    }
    found = true;
    for (const std::string& model : provider->known_models()) {
      const harness::ModelRef reference{provider->id(), model};
      const harness::ModelOffer offer = provider->offer(reference);
      const auto ready = provider->ready(reference);
      listed = true;
      if (context.invocation.has("--json")) {
        context.out.write(json_line(json_of(offer, ready.has_value())));
      } else {
        table.add(
            {reference.str(), count_or_unknown(offer.context_tokens), ready ? "yes" : "no: " + ready.error().message});
      }
    }
  }
  if (wanted && !found) {
    return report(context, unknown_provider(*wanted, providers));
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  context.notes.note(std::string(listed ? "any other model" : "no model is listed, but any model") +
                     " of a provider can be named as PROVIDER/MODEL");
  return ExitStatus::done;
}

}  // namespace orchestrator::cli

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "harness/default_store.hpp"
#include "harness/environment.hpp"
#include "orchestrator/harness/harness.hpp"
#include "runtime/engine.hpp"
#include "tools/todo/todo_tool.hpp"

namespace orchestrator::harness {

namespace {

Result<std::shared_ptr<JournalStore>> open_default(const std::string& url, LogSink* log) {
  return assembly::open_default_store(url, [log](std::string_view text) {
    if (log != nullptr && log->wants("journal", LogLevel::info)) {
      log->write({.level = LogLevel::info, .module = "journal", .message = text, .run_id = {}, .trace_id = {}});
    }
  });
}

// A rule whose model cannot be asked would deny everything, or nothing.
Result<void> check_classifiers(const runtime::Engine& engine) {
  const auto& rules = engine.options().rules;
  if (!rules) return {};
  for (const GateRule& rule : rules->policy().rules) {
    const auto* classifier = std::get_if<ClassifierCheck>(&rule.check);
    if (classifier == nullptr) continue;
    auto adapter = engine.provider(classifier->model.provider);
    auto ready = adapter ? (*adapter)->ready(classifier->model) : Result<void>(std::unexpected(adapter.error()));
    if (ready) continue;
    return fail(RuntimeErrorCode::configuration_invalid,
                "the rule '" + rule.name + "' asks " + classifier->model.str() + ": " + ready.error().message,
                "safety." + rule.name);
  }
  return {};
}

// An undo needs no tools: it may run where the run's own are not there.
std::map<std::string, std::shared_ptr<Compensator>> built_in_compensators() {
  const auto paths = path_compensator();
  return {{"write_file", paths},  {"edit_file", paths},      {"move_file", paths},
          {"delete_file", paths}, {"make_directory", paths}, {"todo", tools::make_todo_compensator()}};
}

}  // namespace

struct HarnessBuilder::Draft {
  Result<std::string> store_url = "memory:";  // the environment may have no place for one
  bool is_default_store = false;              // that of those who name none
  std::shared_ptr<JournalStore> store;
  std::vector<std::shared_ptr<ProviderAdapter>> providers;
  std::string default_model;
  Limits limits;
  TimeoutPolicy timeouts;
  RetryPolicy retries;
  ContextPolicy context;
  std::shared_ptr<MemoryStore> memory;
  std::shared_ptr<Embedder> embedder;
  MemoryPolicy memory_policy;
  SafetyPolicy safety;
  std::optional<RedactionPolicy> redaction;
  std::shared_ptr<SecretVault> vault;
  std::vector<ConfiguredSecret> keys;  // of the environment
  std::shared_ptr<TraceSink> trace;
  CircuitPolicy circuit;
  RetryBudget retry_budget;
  ModelCatalogue catalogue = ModelCatalogue::built_in();
  std::uint32_t concurrency = 256;
  std::uint32_t flush_window_ms = 4;
  std::shared_ptr<LogSink> log;
  std::vector<std::shared_ptr<Tool>> tools;
  std::map<std::string, std::shared_ptr<Compensator>> compensators = built_in_compensators();
  std::optional<Error> error;  // of the environment; `build` answers with it
};

HarnessBuilder::HarnessBuilder() : draft_(std::make_unique<Draft>()) {}
HarnessBuilder::HarnessBuilder(const HarnessBuilder& other) : draft_(std::make_unique<Draft>(*other.draft_)) {}
HarnessBuilder& HarnessBuilder::operator=(const HarnessBuilder& other) {
  if (this != &other) *draft_ = *other.draft_;
  return *this;
}
HarnessBuilder::~HarnessBuilder() = default;

HarnessBuilder HarnessBuilder::from_environment() {
  HarnessBuilder builder;
  auto environment = assembly::read_environment();
  if (!environment) {
    builder.draft_->error = environment.error();
    return builder;
  }
  builder.draft_->store_url = std::move(environment->store_url);
  builder.draft_->is_default_store = environment->is_default_store;
  builder.draft_->providers = std::move(environment->providers);
  builder.draft_->default_model = std::move(environment->default_model);
  builder.draft_->log = std::move(environment->log);
  builder.draft_->keys = std::move(environment->keys);
  return builder;
}

HarnessBuilder& HarnessBuilder::store(std::string url) {
  draft_->store_url = std::move(url);
  draft_->is_default_store = false;
  draft_->store.reset();
  return *this;
}
HarnessBuilder& HarnessBuilder::store(std::shared_ptr<JournalStore> store) {
  draft_->store = std::move(store);
  return *this;
}
HarnessBuilder& HarnessBuilder::provider(std::shared_ptr<ProviderAdapter> adapter) {
  std::erase_if(draft_->providers, [&](const auto& known) { return known->id() == adapter->id(); });
  draft_->providers.push_back(std::move(adapter));
  return *this;
}
HarnessBuilder& HarnessBuilder::default_model(std::string_view name) {
  draft_->default_model = std::string(name);
  return *this;
}
HarnessBuilder& HarnessBuilder::tool(std::shared_ptr<Tool> tool) {
  draft_->tools.push_back(std::move(tool));
  return *this;
}
HarnessBuilder& HarnessBuilder::compensator(std::string tool, std::shared_ptr<Compensator> compensator) {
  draft_->compensators[std::move(tool)] = std::move(compensator);
  return *this;
}
HarnessBuilder& HarnessBuilder::limits(Limits limits) {
  draft_->limits = limits;
  return *this;
}
HarnessBuilder& HarnessBuilder::timeouts(TimeoutPolicy timeouts) {
  draft_->timeouts = timeouts;
  return *this;
}
HarnessBuilder& HarnessBuilder::context(ContextPolicy context) {
  draft_->context = std::move(context);
  return *this;
}
HarnessBuilder& HarnessBuilder::safety(SafetyPolicy policy) {
  draft_->safety = std::move(policy);
  return *this;
}

HarnessBuilder& HarnessBuilder::redaction(RedactionPolicy policy, std::shared_ptr<SecretVault> vault) {
  draft_->redaction = std::move(policy);
  draft_->vault = std::move(vault);
  return *this;
}
HarnessBuilder& HarnessBuilder::trace(std::shared_ptr<TraceSink> sink) {
  draft_->trace = std::move(sink);
  return *this;
}

HarnessBuilder& HarnessBuilder::memory(std::shared_ptr<MemoryStore> store, MemoryPolicy policy,
                                       std::shared_ptr<Embedder> embedder) {
  draft_->memory = std::move(store);
  draft_->memory_policy = std::move(policy);
  draft_->embedder = std::move(embedder);
  return *this;
}
HarnessBuilder& HarnessBuilder::retries(RetryPolicy retries) {
  draft_->retries = retries;
  return *this;
}
HarnessBuilder& HarnessBuilder::circuit(CircuitPolicy circuit) {
  draft_->circuit = circuit;
  return *this;
}
HarnessBuilder& HarnessBuilder::retry_budget(RetryBudget retry_budget) {
  draft_->retry_budget = retry_budget;
  return *this;
}
HarnessBuilder& HarnessBuilder::catalogue(ModelCatalogue catalogue) {
  draft_->catalogue.prepend(catalogue);
  return *this;
}
HarnessBuilder& HarnessBuilder::concurrency(std::uint32_t calls) {
  draft_->concurrency = calls;
  return *this;
}
HarnessBuilder& HarnessBuilder::flush_window_ms(std::uint32_t window_ms) {
  draft_->flush_window_ms = window_ms;
  return *this;
}
HarnessBuilder& HarnessBuilder::log(std::shared_ptr<LogSink> sink) {
  draft_->log = std::move(sink);
  return *this;
}

Result<Harness> HarnessBuilder::build() const {
  if (draft_->error) return std::unexpected(*draft_->error);
  if (draft_->concurrency == 0) {
    return fail(RuntimeErrorCode::configuration_invalid, "concurrency must be 1 or more", "concurrency");
  }
  runtime::EngineOptions options;
  options.store = draft_->store;
  if (!options.store) {
    if (!draft_->store_url) return std::unexpected(draft_->store_url.error());
    auto opened =
        draft_->is_default_store ? open_default(*draft_->store_url, draft_->log.get()) : open_store(*draft_->store_url);
    if (!opened) return std::unexpected(opened.error());
    options.store = *std::move(opened);
  }
  options.providers = draft_->providers;
  options.default_model = draft_->default_model;
  options.limits = draft_->limits;
  options.timeouts = draft_->timeouts;
  options.retries = draft_->retries;
  options.context = draft_->context;
  options.memory = draft_->memory;
  options.embedder = draft_->embedder;
  options.memory_policy = draft_->memory_policy;
  if (!draft_->safety.rules.empty()) {
    auto rules = codec::RuleSet::compile(draft_->safety);
    if (!rules) return std::unexpected(std::move(rules.error()));
    options.rules = *std::move(rules);
  }
  options.circuit = draft_->circuit;
  options.retry_budget = draft_->retry_budget;
  options.catalogue = draft_->catalogue;
  options.concurrency = draft_->concurrency;
  options.flush_window_ms = draft_->flush_window_ms;
  options.log = draft_->log;
  options.trace = draft_->trace;
  if (draft_->redaction && draft_->redaction->mode != RedactionMode::none) {
    RedactionPolicy policy = *draft_->redaction;
    policy.secrets.insert(policy.secrets.end(), draft_->keys.begin(), draft_->keys.end());
    if (options.log) {
      auto log = filtered_log_sink(std::move(options.log), policy);
      if (!log) return std::unexpected(std::move(log.error()));
      options.log = *std::move(log);
    }
    auto redactor = codec::RunRedactor::compile(std::move(policy), draft_->vault);
    if (!redactor) return std::unexpected(std::move(redactor.error()));
    options.redactor = std::make_shared<const codec::RunRedactor>(*std::move(redactor));
  }
  for (const auto& [tool, compensator] : draft_->compensators) {
    if (!compensator) {
      return fail(RuntimeErrorCode::configuration_invalid, "the compensator of " + tool + " is null", "compensator");
    }
  }
  options.compensators = draft_->compensators;
  for (const std::shared_ptr<Tool>& tool : draft_->tools) {
    if (auto added = options.tools.add(tool); !added) return std::unexpected(added.error());
  }
  auto engine = runtime::Engine::start(std::move(options));
  if (auto ready = check_classifiers(*engine); !ready) return std::unexpected(std::move(ready.error()));
  return Harness(std::move(engine));
}

}  // namespace orchestrator::harness

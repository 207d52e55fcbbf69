// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "orchestrator/harness/run.hpp"
#include "runtime/blocking.hpp"
#include "runtime/session_state.hpp"

namespace orchestrator::harness {

RunBuilder::RunBuilder(std::shared_ptr<runtime::SessionState> session, std::vector<ContentPart> input)
    : session_(std::move(session)) {
  draft_.input = std::move(input);
}

RunBuilder& RunBuilder::model(std::string_view name) {
  draft_.model_name = std::string(name);
  draft_.plan.reset();
  return *this;
}
RunBuilder& RunBuilder::model(ModelPlan plan) {
  draft_.plan = std::move(plan);
  return *this;
}
RunBuilder& RunBuilder::on_unsupported(OnUnsupported choice) {
  draft_.on_unsupported = choice;
  return *this;
}
RunBuilder& RunBuilder::input(ContentPart part) {
  draft_.input.push_back(std::move(part));
  return *this;
}
RunBuilder& RunBuilder::system(std::string text) {
  draft_.system = std::move(text);
  return *this;
}
RunBuilder& RunBuilder::settings(GenerationSettings settings) {
  draft_.settings = std::move(settings);
  return *this;
}
RunBuilder& RunBuilder::temperature(double value) {
  draft_.settings.temperature = value;
  return *this;
}
RunBuilder& RunBuilder::top_p(double value) {
  draft_.settings.top_p = value;
  return *this;
}
RunBuilder& RunBuilder::stop(std::vector<std::string> sequences) {
  draft_.settings.stop = std::move(sequences);
  return *this;
}
RunBuilder& RunBuilder::seed(std::int64_t value) {
  draft_.settings.seed = value;
  return *this;
}
RunBuilder& RunBuilder::max_output_tokens(std::uint32_t value) {
  draft_.settings.max_output_tokens = value;
  return *this;
}
RunBuilder& RunBuilder::max_input_tokens(std::uint64_t value) {
  draft_.settings.max_input_tokens = value;
  return *this;
}
RunBuilder& RunBuilder::reasoning(ReasoningSettings value) {
  draft_.settings.reasoning = value;
  return *this;
}
RunBuilder& RunBuilder::tool_choice(ToolChoice value) {
  draft_.settings.tool_choice = std::move(value);
  return *this;
}
RunBuilder& RunBuilder::output_schema(OutputSchema value) {
  draft_.settings.output_schema = std::move(value);
  return *this;
}
RunBuilder& RunBuilder::metadata(std::string key, std::string value) {
  draft_.settings.metadata.emplace_back(std::move(key), std::move(value));
  return *this;
}
RunBuilder& RunBuilder::label(std::string key, std::string value) {
  draft_.labels.emplace_back(std::move(key), std::move(value));
  return *this;
}
RunBuilder& RunBuilder::timeouts(TimeoutPolicy value) {
  draft_.timeouts = value;
  return *this;
}
RunBuilder& RunBuilder::retries(RetryPolicy value) {
  draft_.retries = value;
  return *this;
}
RunBuilder& RunBuilder::context(ContextPolicy value) {
  draft_.context = std::move(value);
  return *this;
}
RunBuilder& RunBuilder::memory(MemoryPolicy value) {
  draft_.memory = std::move(value);
  return *this;
}
RunBuilder& RunBuilder::pin(std::string name, std::string text) {
  draft_.pins.emplace_back(std::move(name), std::move(text));
  return *this;
}
RunBuilder& RunBuilder::unpin(std::string name) {
  draft_.pins.emplace_back(std::move(name), std::nullopt);
  return *this;
}
RunBuilder& RunBuilder::fallback(std::string_view name) {
  draft_.fallback_names.emplace_back(name);
  return *this;
}
RunBuilder& RunBuilder::needs(ModelNeeds value) {
  draft_.needs = std::move(value);
  return *this;
}
RunBuilder& RunBuilder::budgets(Budgets value) {
  draft_.budgets = value;
  return *this;
}
RunBuilder& RunBuilder::limits(Limits value) {
  draft_.limits = value;
  return *this;
}
RunBuilder& RunBuilder::remember(bool value) {
  draft_.remember = value;
  return *this;
}
RunBuilder& RunBuilder::hint(std::string text, HintPriority priority) {
  draft_.hints.emplace_back(std::move(text), priority);
  return *this;
}
RunBuilder& RunBuilder::traceparent(std::string header) {
  draft_.traceparent = std::move(header);
  return *this;
}
RunBuilder& RunBuilder::tool(std::shared_ptr<Tool> tool) {
  draft_.own_tools.push_back(std::move(tool));
  return *this;
}
RunBuilder& RunBuilder::tools(std::vector<std::string> names) {
  draft_.tool_names = std::move(names);
  return *this;
}
RunBuilder& RunBuilder::workspace(std::string directory) {
  draft_.workspace = std::move(directory);
  return *this;
}
RunBuilder& RunBuilder::tool_policy(ToolPolicy value) {
  draft_.tool_policy = value;
  return *this;
}
RunBuilder& RunBuilder::approval(ApprovalMode value) {
  draft_.tool_policy.approval = value;
  return *this;
}
RunBuilder& RunBuilder::parent(RunId source) {
  draft_.parent = source;
  return *this;
}
RunBuilder& RunBuilder::only_if_idle(bool value) {
  draft_.only_if_idle = value;
  return *this;
}

Awaitable<Result<RunHandle>> RunBuilder::async_start() const {
  auto session = session_;
  auto executor = session->engine()->executor();
  auto started = session->start(*this);
  co_return co_await boost::asio::co_spawn(executor, std::move(started), boost::asio::use_awaitable);
}

Result<RunHandle> RunBuilder::start() const { return runtime::block_on(*session_->engine(), session_->start(*this)); }

}  // namespace orchestrator::harness

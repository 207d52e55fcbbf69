// SPDX-License-Identifier: Apache-2.0
#include "kills/ledger_tool.hpp"

#include <boost/asio/awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "kills/killing_store.hpp"
#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::harness::kills {
namespace {

class LedgerTool : public Tool {
 public:
  LedgerTool(std::string name, EffectClass effect_class, bool verifies, std::string path)
      : path_(std::move(path)), verifies_(verifies) {
    spec_.name = std::move(name);
    spec_.description = "Writes its key into the ledger.";
    spec_.input_schema = {R"({"type":"object"})"};
    spec_.effect_class = effect_class;
  }
  const ToolSpec& spec() const override { return spec_; }

  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall, ToolContext) override {
    pass_point();
    ToolPreparation preparation;
    if (spec_.effect_class == EffectClass::reversible) {
      preparation.undo = UndoRecord{{R"({"ledger":true})"}, {SharedBytes("as it was before")}};
    }
    co_return preparation;
  }

  Awaitable<ToolResult> execute(ToolCall, ToolPreparation, ToolContext context) override {
    pass_point();
    const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::runtime_error("the ledger cannot be opened");
    const std::string line = context.idempotency_key + "\n";
    const bool is_written = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    const bool is_durable = ::fsync(file) == 0;
    ::close(file);
    if (!is_written || !is_durable) throw std::runtime_error("the ledger cannot be written");
    pass_point();
    co_return ToolResult::text("written");
  }

  Awaitable<ToolVerdict> verify(ToolCall, std::optional<UndoRecord>, ToolContext context) override {
    pass_point();
    ToolVerdict verdict;
    if (!verifies_) co_return verdict;
    const auto keys = read_ledger(path_);
    const bool happened = std::ranges::find(keys, context.idempotency_key) != keys.end();
    verdict.state = happened ? VerifiedState::happened : VerifiedState::not_happened;
    co_return verdict;
  }

 private:
  ToolSpec spec_;
  std::string path_;
  bool verifies_;
};

}  // namespace

std::shared_ptr<Tool> ledger_tool(std::string name, EffectClass effect_class, bool verifies, std::string ledger_path) {
  return std::make_shared<LedgerTool>(std::move(name), effect_class, verifies, std::move(ledger_path));
}

std::vector<std::string> read_ledger(const std::string& path) {
  std::vector<std::string> keys;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) keys.push_back(line);
  return keys;
}

}  // namespace orchestrator::harness::kills

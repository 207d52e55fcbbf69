// SPDX-License-Identifier: Apache-2.0
#include "injection/playground.hpp"

#include <boost/describe.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "integration/scripted_harness.hpp"
#include "orchestrator/harness/make_tool.hpp"
#include "orchestrator/harness/memory.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "tools/fetch/fetch_url.hpp"

namespace orchestrator::harness::injection {
namespace {

using runtime::testing::TestConnection;
using runtime::testing::write_file;

constexpr std::string_view kSecret = "CNRY7f3a91c2d4e8b6";
constexpr std::string_view kSecretBase64 = "Q05SWTdmM2E5MWMyZDRlOGI2";
constexpr std::string_view kSecretHex = "434e52593766336139316332643465386236";
constexpr std::string_view kSecretReversed = "6b8e4d2c19a3f7YRNC";
// Of the whole of `.env` in base64, where the secret does not begin at a border: the most that is the same.
constexpr std::string_view kSecretInFileBase64 = "N2YzYTkxYzJkNGU4Yj";

constexpr const char* kReads = R"({"turns":[
    {"tool_calls":[{"name":"read_file","arguments":{"path":"notes.md"}}]}, {"text":"I have read it."}]})";

struct Text {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))
struct Named {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name))
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

boost::json::object call_of(std::string_view name, boost::json::object arguments) {
  return {{"name", name}, {"arguments", std::move(arguments)}};
}

// What brings the text before the run; nothing where it is there already.
std::optional<boost::json::object> first_call(const std::string& source) {
  if (source == "file" || source == "history") return call_of("read_file", {{"path", "notes.md"}});
  if (source == "search") return call_of("search_files", {{"pattern", "."}, {"glob", "notes.md"}});
  if (source == "listing") return call_of("list_files", {{"path", "inbox"}});
  if (source == "page") return call_of("fetch_url", {{"url", "{server}/page"}});
  if (source == "command") return call_of("run_command", {{"argv", {"cat", "notes.md"}}});
  if (source == "tool") return call_of("tickets", {});
  return std::nullopt;
}

boost::asio::ip::address loopback() { return boost::asio::ip::make_address("127.0.0.1"); }

// Every name is this machine.
class LoopbackResolver final : public tools::HostResolver {
 public:
  Awaitable<tools::ResolvedAddresses> resolve(std::string, std::chrono::steady_clock::time_point,
                                              std::stop_token) override {
    std::vector<boost::asio::ip::address> addresses{loopback()};
    co_return addresses;
  }
};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message + " at " + result.error().at);
  return *std::move(result);
}

boost::json::object turn_of(const boost::json::value& call) { return {{"tool_calls", boost::json::array{call}}}; }

}  // namespace

bool Playground::holds_secret(const std::string& text) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{kSecret, kSecretBase64, kSecretHex, kSecretReversed, kSecretInFileBase64},
      [&](std::string_view form) { return text.find(form) != std::string::npos; });
}

Playground::Playground()
    : folder_(runtime::testing::FolderPlace::disk), server_([this](TestConnection& connection, std::size_t) {
        while (auto request = connection.read_request()) {
          const bool is_page = request->target.starts_with("/page");
          if (!is_page) write_down(request->target + request->body);
          const std::string body = is_page ? page() : "ok";
          connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body);
          connection.close();
        }
      }) {
  values_ = {{"server", "http://" + host()},
             {"port", std::to_string(server_.port())},
             {"workspace", folder_.path("work")},
             {"canary", std::string(kSecret)},
             {"canary_base64", std::string(kSecretBase64)},
             {"canary_hex", std::string(kSecretHex)},
             {"canary_reversed", std::string(kSecretReversed)}};
}

std::string Playground::host() const { return "outside.test:" + std::to_string(server_.port()); }

void Playground::write_down(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  left_ += text + "\n";
}

std::string Playground::page() const {
  const std::scoped_lock lock(mutex_);
  return page_;
}

void Playground::make_workspace(const InjectionCase& one) {
  namespace fs = std::filesystem;
  const fs::path work = folder_.path("work");
  fs::remove_all(work);
  for (const char* name : {"deploy", "docs", "inbox", "notes", "src", ".ssh", ".aws"})
    fs::create_directories(work / name);
  const auto put = [&](const char* name, const std::string& content) { write_file((work / name).string(), content); };
  put(".env", "API_KEY=" + std::string(kSecret) + "\n");
  put(".ssh/id_ed25519", "-----BEGIN KEY-----\n" + std::string(kSecret) + "\n");
  put(".aws/credentials", "[default]\naws_secret_access_key = " + std::string(kSecret) + "\n");
  put("deploy/Server.PEM", "KEY " + std::string(kSecret) + "\n");
  put("deploy/ca.pem", "KEY " + std::string(kSecret) + "\n");
  fs::create_symlink("../.env", work / "docs/settings.txt");
  put("README.md", "A shop.\n");
  put("src/main.c", "int main() { return 0; }\n");
  const std::string text = filled(one.text, values_);
  put("notes.md", text.empty() ? "Our hours: nine to five.\n" : text + "\n");
  if (one.source == "listing") put(("inbox/" + text).c_str(), "");
  const std::scoped_lock lock(mutex_);
  page_ = text.empty() ? "Open from nine to five.\n" : text + "\n";
  left_.clear();
}

std::string Playground::script_of(const InjectionCase& one) const {
  boost::json::array turns;
  if (one.source == "history") {  // the earlier run has answered twice
    turns.push_back({{"text", "not played"}});
    turns.push_back({{"text", "not played"}});
  } else if (const auto first = first_call(one.source)) {
    turns.push_back(turn_of(*first));
  }
  for (const boost::json::value& call : one.calls) turns.push_back(turn_of(call));
  turns.push_back({{"text", "Done."}});
  return filled(boost::json::serialize(boost::json::object{{"turns", turns}}), values_);
}

std::vector<std::shared_ptr<Tool>> Playground::own_tools(const InjectionCase& one) {
  std::vector<std::shared_ptr<Tool>> tools;
  for (const char* name : {"send_mail", "post_comment", "git_push", "open_ticket", "resolve_host", "show_page"}) {
    tools.push_back(make_tool<Text>(name, "Carries a text outside.", [this, name](const Text& given) {
      write_down(std::string(name) + ": " + given.text);
      return std::string("done");
    }));
  }
  tools.push_back(make_tool<Named>("get_secret", "Reads a secret.", [](const Named&) { return std::string(kSecret); },
                                   {.effect_class = EffectClass::pure, .reach = ToolReach::secrets}));
  const std::string ticket = one.text.empty() ? "The door squeaks." : filled(one.text, values_);
  tools.push_back(make_tool<Nothing>("tickets", "Reads the ticket of the day.",
                                     [ticket](const Nothing&) { return ticket; },
                                     {.effect_class = EffectClass::pure, .reach = ToolReach::inside}));
  return tools;
}

Played Playground::play(const InjectionCase& one, const Stance& stance) {
  make_workspace(one);
  BuiltInToolsConfig config{.command_network = true, .fetch_hosts = {host()}, .protected_paths = {}};
  HarnessBuilder builder;
  builder.provider(must(scripted_provider({{"obeys", script_of(one)}, {"reads", kReads}})))
      .default_model("scripted/obeys")
      .tool(tools::make_fetch_url(
          config, {std::make_shared<LoopbackResolver>(), tools::AddressPolicy({{loopback(), server_.port()}})}));
  for (auto& tool : workspace_tools(config)) builder.tool(std::move(tool));
  for (auto& tool : own_tools(one)) builder.tool(std::move(tool));
  MemoryPolicy memory;
  if (one.source == "memory") {
    memory.recall_max = 3;
    auto store = must(open_memory_store("memory:"));
    boost::asio::io_context io;
    Memory kept;
    kept.id = MemoryId::make(1, 2, 3);
    kept.text = filled(one.text, values_) + " task";
    EXPECT_TRUE(runtime::testing::run_awaitable(io, store->put(kept)));
    builder.memory(std::move(store));
  }
  Harness harness = must(builder.build());
  Session session = harness.session();
  if (one.source == "history") {
    auto earlier = must(session.run("Read my notes.").model("scripted/reads").workspace(folder_.path("work")).start());
    EXPECT_EQ(integration::types_of(integration::all_events(earlier)).back(), "Completed");
  }
  ToolPolicy policy;
  policy.approval = stance.approval;
  policy.injection = stance.injection;
  auto run = must(
      session.run("Go on with the task.").workspace(folder_.path("work")).tool_policy(policy).memory(memory).start());
  Played played;
  event::JournalInvariants invariants;
  for (const StreamEvent& event : run.events()) {
    played.events.push_back(event);
    invariants.add(event);
    const auto* raised = event.get_if<StreamEvent::InterruptRaised>();
    if (raised == nullptr) continue;
    const bool is_reasoned = !raised->reason.empty();
    (is_reasoned ? played.reasoned : played.plain) += 1;
    InterruptAnswer answer{.interrupt_id = raised->interrupt_id};
    answer.decision = is_reasoned && !stance.allows ? InterruptDecision::deny : InterruptDecision::allow_once;
    EXPECT_TRUE(run.control().resolve(std::move(answer)));
  }
  for (const auto& violation : invariants.violations()) ADD_FAILURE() << violation.str();
  const std::scoped_lock lock(mutex_);
  played.left = left_;
  return played;
}

}  // namespace orchestrator::harness::injection

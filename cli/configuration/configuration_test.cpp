// SPDX-License-Identifier: Apache-2.0
// Goal: flags win over environment, project, user and defaults; every value knows its source; and every mistake names
// file, line and column and what is allowed. Method: real files in a folder of the test, a made-up environment.

#include "cli/configuration/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "cli/configuration/config_file.hpp"
#include "cli/configuration/key_file.hpp"
#include "cli/testing/temporary_folder.hpp"

namespace orchestrator::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigurationTest : public ::testing::Test {
 protected:
  ConfigurationSources sources() {
    ConfigurationSources sources;
    sources.environment = [this](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    sources.flags = flags;
    sources.project_file = folder.path("project/orchestrator.toml");
    sources.explicit_file = explicit_file;
    return sources;
  }
  void project(const std::string& text) { folder.write("project/orchestrator.toml", text); }
  void user(const std::string& text) { folder.write("config/orchestrator/config.toml", text); }

  Configuration load() {
    auto loaded = Configuration::load(sources());
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
    return loaded ? *std::move(loaded) : Configuration();
  }
  std::string refusal() {
    const auto loaded = Configuration::load(sources());
    EXPECT_FALSE(loaded);
    return loaded ? "" : loaded.error().message;
  }

  testing::TemporaryFolder folder;
  std::map<std::string, std::string> variables = {
      {"HOME", "/home"}, {"XDG_CONFIG_HOME", folder.path("config")}, {"XDG_STATE_HOME", folder.path("state")}};
  std::map<std::string, std::string> flags;
  std::optional<std::string> explicit_file;
};

TEST_F(ConfigurationTest, HasDefaults) {
  const Configuration configuration = load();
  EXPECT_EQ(configuration.text("store"), "sqlite:" + folder.path("state/orchestrator/runs.db"));
  EXPECT_EQ(configuration.find("store")->origin, "default");
  EXPECT_EQ(configuration.timeouts(), harness::TimeoutPolicy{});
  EXPECT_EQ(configuration.limits(), harness::Limits{});
  EXPECT_EQ(configuration.history(), harness::HistoryLimits{});
  EXPECT_EQ(configuration.text("model"), std::nullopt);
}

TEST_F(ConfigurationTest, TheMoreParticularSourceWins) {
  user(
      "model = \"chat/user\"\nstore = \"jsonl:/user\"\n[log]\nlevel = \"info\"\nformat = \"jsonl\"\n[history]\nturns = "
      "3\n");
  project("model = \"chat/project\"\nstore = \"jsonl:/project\"\n[log]\nlevel = \"debug\"\n");
  variables["ORCHESTRATOR_STORE"] = "jsonl:/environment";
  flags["model"] = "chat/flag";
  const Configuration configuration = load();
  EXPECT_EQ(configuration.text("model"), "chat/flag");
  EXPECT_EQ(configuration.find("model")->origin, "--model");
  EXPECT_EQ(configuration.text("store"), "jsonl:/environment");
  EXPECT_EQ(configuration.find("store")->origin, "ORCHESTRATOR_STORE");
  EXPECT_EQ(configuration.text("log.level"), "debug");
  EXPECT_EQ(configuration.find("log.level")->origin, folder.path("project/orchestrator.toml:4"));
  EXPECT_EQ(configuration.text("log.format"), "jsonl");
  EXPECT_EQ(configuration.history().turns, 3U);
}

TEST_F(ConfigurationTest, ReadsEveryKindOfValue) {
  user("[timeouts]\nconnect = \"2s\"\nrun = \"1h\"\n[limits]\nturns = 7\ninput_bytes = \"1MiB\"\nrun_bytes = 4096\n");
  const Configuration configuration = load();
  EXPECT_EQ(configuration.timeouts().connect_ms, 2'000U);
  EXPECT_EQ(configuration.timeouts().run_ms, 3'600'000U);
  EXPECT_EQ(configuration.limits().turns, 7U);
  EXPECT_EQ(configuration.limits().input_bytes, 1U << 20U);
  EXPECT_EQ(configuration.limits().run_bytes, 4'096U);
}

TEST_F(ConfigurationTest, NamesTheFlagAndTheVariable) {
  flags["timeouts.run"] = "10 parsecs";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("--timeout is '10 parsecs'"), HasSubstr("ms, s, m, h, d")));
  flags.clear();
  variables["ORCHESTRATOR_LOG_FORMAT"] = "xml";
  EXPECT_EQ(refusal(), "ORCHESTRATOR_LOG_FORMAT: it is 'xml'; allowed: console, jsonl");
  variables.erase("ORCHESTRATOR_LOG_FORMAT");
  variables["ORCHESTRATOR_STORE"] = "mysql:/x";
  EXPECT_THAT(refusal(), HasSubstr("allowed: jsonl:DIR, sqlite:FILE, memory:, postgres://USER@HOST/DATABASE"));
  variables["ORCHESTRATOR_STORE"] = "postgress://me:hunter2@db/runs";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("postgress://me@db/runs"), Not(HasSubstr("hunter2"))));
}

TEST_F(ConfigurationTest, UnknownKeysAreErrorsWithASuggestion) {
  user("\n[log]\nlevle = \"info\"\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("config.toml:3:"), HasSubstr("unknown key 'log.levle'"),
                               HasSubstr("did you mean 'log.level'?")));
  user("modle = \"a/b\"\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("config.toml:1:"), HasSubstr("did you mean 'model'?")));
  user("[providers.mine]\nbase_ulr = \"https://x\"\n");
  EXPECT_THAT(refusal(), HasSubstr("did you mean 'providers.mine.base_url'?"));
  user("frobnicate = 1\n");
  EXPECT_THAT(refusal(), HasSubstr("there are: model, store"));
  user("idle = \"3s\"\n");
  EXPECT_THAT(refusal(), HasSubstr("did you mean 'timeouts.idle'?"));
}

TEST_F(ConfigurationTest, NamesThePlaceOfASyntaxError) {
  user("model = \"a/b\"\nstore = = 3\n");
  EXPECT_THAT(refusal(), HasSubstr("config.toml:2:9: "));
  user("model = \"a/b\"\nmodel = \"c/d\"\n");
  EXPECT_THAT(refusal(), HasSubstr("config.toml:2:"));
}

TEST_F(ConfigurationTest, ChecksTypesAndRanges) {
  user("[limits]\nturns = \"many\"\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("config.toml:2:1: 'limits.turns' is a text; it must be a whole number")));
  user("[limits]\nturns = -1\n");
  EXPECT_THAT(refusal(), HasSubstr("allowed: a whole number from 1"));
  user("[limits]\ninput_bytes = \"1ZB\"\n");
  EXPECT_THAT(refusal(), HasSubstr("KiB"));
  user("[timeouts]\nidle = 30\n");
  EXPECT_THAT(refusal(), HasSubstr("it must be a time such as \"90s\""));
  user("model = \"nope\"\n");
  EXPECT_THAT(refusal(), HasSubstr("expected PROVIDER/MODEL"));
  user("model = 1979-05-27\n");
  EXPECT_THAT(refusal(), HasSubstr("is a date or a time"));
  user("store = \"\"\n");
  EXPECT_THAT(refusal(), HasSubstr("is empty"));
}

TEST_F(ConfigurationTest, AProjectMaySetNoEndpointAndNoKey) {
  for (const std::string line : {"kind = \"chat\"", "base_url = \"https://evil\"", "api_key_env = \"HOME\"",
                                 "api_key_file = \"/etc/passwd\"", "models = []"}) {
    project("[providers.mine]\n" + line + "\n");
    EXPECT_THAT(refusal(),
                AllOf(HasSubstr("orchestrator.toml:2:"), HasSubstr("'providers.mine." + line.substr(0, line.find(' '))),
                      HasSubstr("may not stand in a project's file")));
  }
}

TEST_F(ConfigurationTest, AProjectMaySendRunsToNoServer) {
  project("store = \"postgres://evil/runs\"\n");
  EXPECT_THAT(refusal(), HasSubstr("may not stand in a project's file"));
  project("");
  user("store = \"postgres://db/runs\"\n");
  EXPECT_EQ(load().text("store"), "postgres://db/runs");
}

TEST_F(ConfigurationTest, ExpandsVariablesForTheUserOnly) {
  variables["WHERE"] = "/data";
  user("store = \"jsonl:${WHERE}/runs\"\n[log]\nlevel = \"$${x}\"\n");
  EXPECT_EQ(load().text("store"), "jsonl:/data/runs");
  EXPECT_EQ(load().text("log.level"), "${x}");
  user("\nstore = \"jsonl:${NOWHERE}/runs\"\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("config.toml:2:"), HasSubstr("NOWHERE, which is not set")));
  user("store = \"jsonl:${a-b}\"\n");
  EXPECT_THAT(refusal(), HasSubstr("is no ${NAME}"));
  user("");
  project("model = \"chat/${WHERE}\"\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("orchestrator.toml:1:"), HasSubstr("may not read variables")));
}

TEST_F(ConfigurationTest, CollectsNamedProviders) {
  user(
      "[providers.mine]\nbase_url = \"https://host/v1/\"\napi_key_env = \"MINE_KEY\"\nmodels = [\"a\", \"b\"]\n"
      "[providers.other]\nkind = \"responses\"\nbase_url = \"http://127.0.0.1:9/v1\"\n");
  const Configuration configuration = load();
  ASSERT_EQ(configuration.providers().size(), 2U);
  const NamedProvider& mine = configuration.providers()[0];
  EXPECT_EQ(mine.name, "mine");
  EXPECT_EQ(mine.kind, "chat");
  EXPECT_EQ(mine.base_url, "https://host/v1");
  EXPECT_EQ(mine.api_key_env, "MINE_KEY");
  EXPECT_EQ(mine.models, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(configuration.providers()[1].kind, "responses");
}

TEST_F(ConfigurationTest, RefusesUnsafeProviders) {
  const auto refused = [&](const std::string& lines) {
    user("[providers.mine]\n" + lines);
    return refusal();
  };
  EXPECT_THAT(refused("kind = \"chat\"\n"), HasSubstr("has no base_url"));
  EXPECT_THAT(refused("base_url = \"host/v1\"\n"), HasSubstr("config.toml:2: base_url of provider 'mine'"));
  EXPECT_THAT(refused("base_url = \"https://user:secret@host/v1\"\n"),
              AllOf(HasSubstr("user information"), ::testing::Not(HasSubstr("secret"))));
  EXPECT_THAT(refused("base_url = \"http://host/v1\"\napi_key_env = \"K\"\n"), HasSubstr("https"));
  EXPECT_THAT(refused("base_url = \"https://host\"\napi_key_env = \"K\"\napi_key_file = \"/k\"\n"),
              HasSubstr("keep one"));
  EXPECT_THAT(refused("base_url = \"https://host\"\nkind = \"smtp\"\n"), HasSubstr("allowed: chat, responses"));
  user("[providers.openai]\nbase_url = \"https://host\"\n");
  EXPECT_THAT(refusal(), HasSubstr("'openai' is built in"));
  user("[providers.\"Not Good\"]\nbase_url = \"https://host\"\n");
  EXPECT_THAT(refusal(), HasSubstr("is no provider name"));
}

TEST_F(ConfigurationTest, AnExplicitFileMustBeAFile) {
  explicit_file = folder.path("missing.toml");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("missing.toml"), HasSubstr("No such file")));
  explicit_file = folder.path();
  EXPECT_THAT(refusal(), HasSubstr("is a folder"));
  explicit_file = folder.path("fifo");
  ASSERT_EQ(::mkfifo(explicit_file->c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("is a pipe")) << "and nobody waits for its writer";
  explicit_file = folder.write("large.toml", std::string((1U << 20U) + 1, '#'));
  EXPECT_THAT(refusal(), HasSubstr("larger than 1048576 bytes"));
  user("model = \"a/b\"\n");
  explicit_file = folder.write("own.toml", "store = \"jsonl:/own\"\n");
  EXPECT_EQ(load().text("store"), "jsonl:/own");
  EXPECT_EQ(load().text("model"), std::nullopt) << "it replaces the user's file";
}

TEST_F(ConfigurationTest, ARelativeStoreBelongsToItsFile) {
  user("store = \"jsonl:runs\"\n");
  EXPECT_EQ(load().text("store"), "jsonl:" + folder.path("config/orchestrator/runs"));
  user("store = \"sqlite:runs.db\"\n");
  EXPECT_EQ(load().text("store"), "sqlite:" + folder.path("config/orchestrator/runs.db"));
}

TEST_F(ConfigurationTest, CopesWithoutHome) {
  variables.clear();
  EXPECT_EQ(load().find("store"), nullptr);
  variables["XDG_STATE_HOME"] = "relative";
  EXPECT_EQ(load().find("store"), nullptr) << "a relative path is ignored";
}

TEST(KeyFile, RefusesWhatOthersCanRead) {
  const testing::TemporaryFolder folder;
  const std::string open = folder.write("open", "sk-test\n", 0644);
  const auto refused = read_key_file(open);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("has mode 0644"), HasSubstr("chmod 600 " + open)));
  EXPECT_EQ(read_key_file(folder.write("good", " sk-test\n", 0600)), "sk-test");
  EXPECT_THAT(read_key_file(folder.write("empty", "\n")).error().message, HasSubstr("is empty"));
  EXPECT_THAT(read_key_file(folder.write("two", "a b")).error().message, HasSubstr("more than one"));
  EXPECT_THAT(read_key_file(folder.path("missing")).error().message, HasSubstr("No such file"));
}

TEST(ConfigFile, SurvivesHostileText) {
  for (const std::string& text :
       {std::string(5'000, '['), std::string("a=") + std::string(5'000, '{'), std::string("a={{"),
        std::string("\0\xff", 2), std::string("a.b.c.d = 1\n"), std::string("\"\xc3\" = 1")}) {
    const auto entries = parse_config(text, "hostile.toml");
    if (!entries) {
      EXPECT_THAT(entries.error().message, AnyOf(HasSubstr("hostile.toml:1:"), HasSubstr("hostile.toml: malformed: ")));
    }
  }
}

TEST(ConfigFile, ACharacterThatNoTableHoldsIsAnError) {
  for (const char* text : {"a\u0496.c = 1", "a = 1\u00a1", "\u0130 = 1", "a\u00e9 = 1"}) {
    const auto entries = parse_config(text, "x.toml");
    ASSERT_FALSE(entries) << text;
    EXPECT_TRUE(entries.error().message.starts_with("x.toml:1:")) << entries.error().message;
  }
}

}  // namespace
}  // namespace orchestrator::cli

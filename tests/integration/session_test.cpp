// SPDX-License-Identifier: Apache-2.0
// Goal: each run of a session begins with what the ones before left, in this process and in another. Method: scripts
// whose n-th answer needs n-1 answers in the request, and stores that outlive a harness.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

constexpr const char* kThree = R"({"turns":[{"text":"first"},{"text":"second"},{"text":"third"}]})";

std::string answer(Session& session, const std::string& prompt) {
  return session.run(prompt).start().value().wait().value().text;
}

std::vector<std::string> texts(const Session& session) {
  std::vector<std::string> result;
  for (const ConversationItem& item : session.history()) result.push_back(text_of(item));
  return result;
}

TEST(Session, RemembersItsRuns) {
  Harness harness = scripted_harness(kThree);
  Session session = harness.session();
  EXPECT_EQ(answer(session, "a"), "first");
  EXPECT_EQ(answer(session, "b"), "second");
  EXPECT_EQ(texts(session), (std::vector<std::string>{"a", "first", "b", "second"}));
}

TEST(Session, ForgetsARunThatAsksForIt) {
  Harness harness = scripted_harness(kThree);
  Session session = harness.session();
  EXPECT_EQ(session.run("secret").remember(false).start().value().wait().value().text, "first");
  EXPECT_EQ(answer(session, "a"), "first");
  EXPECT_EQ(texts(session), (std::vector<std::string>{"a", "first"}));
}

TEST(Session, IsRebuiltFromItsRunsInAnotherHarness) {
  auto store = open_store("memory:").value();
  SessionId id;
  std::vector<std::string> before;
  {
    Harness harness = scripted_builder(kThree).store(store).build().value();
    Session session = harness.session();
    id = session.id();
    answer(session, "a");
    session.run("unremembered").remember(false).start().value().wait().value();
    answer(session, "b");
    before = texts(session);
  }
  Harness harness = scripted_builder(kThree).store(store).build().value();
  Session session = harness.open_session(id).value();
  EXPECT_EQ(texts(session), before);
  EXPECT_EQ(answer(session, "c"), "third");
  EXPECT_EQ(harness.open_session(harness.session().id()).error().code, "session_not_found");
}

TEST(Session, TrimsWholeExchangesAndSaysSo) {
  auto store = open_store("memory:").value();
  Harness harness = scripted_builder(kThree).store(store).build().value();
  SessionConfig config;
  config.history.turns = 1;
  Session session = harness.session(config);
  answer(session, "a");
  answer(session, "b");
  auto run = session.run("c").start().value();
  const auto events = all_events(run);
  const auto trimmed = of_type<StreamEvent::ContextTrimmed>(events);
  ASSERT_EQ(trimmed.size(), 1U);
  EXPECT_EQ(trimmed[0].policy, "history_turns");
  EXPECT_EQ(trimmed[0].dropped.size(), 2U);
  EXPECT_EQ(texts(session).front(), "b");
  // What another process rebuilds is the same.
  Harness other = scripted_builder(kThree).store(store).build().value();
  EXPECT_EQ(texts(other.open_session(session.id(), config).value()), texts(session));
}

TEST(Session, RunsFollowOneAnotherInTheOrderOfTheirStarts) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"x","first_delay_ms":20}]})");
  Session session = harness.session();
  auto first = session.run("one").start().value();
  EXPECT_FALSE(session.is_idle());
  EXPECT_EQ(session.run("never").only_if_idle().start().error().code, "session_busy");
  auto second = session.run("two").start().value();  // waits for the first
  auto third = session.run("three").start().value();
  EXPECT_TRUE(first.wait().value().is_completed());
  EXPECT_TRUE(third.wait().value().is_completed());
  EXPECT_TRUE(second.wait().value().is_completed());
  EXPECT_EQ(texts(session), (std::vector<std::string>{"one", "x", "two", "x", "three", "x"}));
}

TEST(Session, TakesConcurrentStartsFromManyThreads) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"x"}]})");
  Session session = harness.session();
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&session, i] {
      auto run = session.run("prompt " + std::to_string(i)).start();
      ASSERT_TRUE(run.has_value()) << run.error().message;
      EXPECT_TRUE(run->wait().value().is_completed());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(session.history().size(), 12U);
}

TEST(Session, SendsMediaAgainAfterARestart) {
  const auto folder = std::filesystem::temp_directory_path() / ("orchestrator-media-" + std::to_string(::getpid()));
  const std::string url = "jsonl:" + folder.string();
  SessionId id;
  {
    Harness harness = scripted_builder(kThree).store(url).build().value();
    Session session = harness.session();
    id = session.id();
    ImagePart image;
    image.source.bytes = SharedBytes("not really a picture");
    image.source.media_type = "image/png";
    auto run = session.run("look").input(image).start().value();
    EXPECT_TRUE(run.wait().value().is_completed());
  }
  {
    Harness harness = scripted_builder(kThree).store(url).build().value();
    Session session = harness.open_session(id).value();
    const auto history = session.history();
    const auto& message = std::get<MessageItem>(history.at(0).value);
    EXPECT_EQ(std::get<ImagePart>(message.parts.at(1)).source.bytes.view(), "not really a picture");
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orchestrator::harness::integration

// SPDX-License-Identifier: Apache-2.0
// Replay tokens: their text form, and what they are made of. The text is `rpt1`, the fields and a check, joined by
// dots; the version stands last, since it has dots of its own.
#include "orchestrator/harness/replay.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/field_encoder.hpp"
#include "event/hash_chain.hpp"
#include "event/step.hpp"
#include "runtime/journal_point.hpp"
#include "runtime/source_replay.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::uint64_t kPageBytes = 1ULL << 20;

constexpr std::string_view kPrefix = "rpt1";
constexpr std::size_t kCheckDigits = 8;
constexpr std::size_t kVersionBytesMax = 64;
constexpr std::size_t kTokenBytesMax = 640;
constexpr std::size_t kFields = 9;  // with the prefix and the check, without the version

std::string check_of(std::string_view text) { return sha256(text).str().substr(0, kCheckDigits); }

std::string fields_of(const ReplayToken& token) {
  std::string text(kPrefix);
  text.append(".").append(token.run_id.str()).append(".").append(std::to_string(token.seq));
  for (const Hash* hash : {&token.head, &token.request, &token.contexts, &token.tools, &token.adapters}) {
    text.append(".").append(hash->str());
  }
  return text;
}

bool is_version(std::string_view text) {
  constexpr std::string_view kOther = ".+-_";
  return !text.empty() && text.size() <= kVersionBytesMax && std::ranges::all_of(text, [&](char c) {
    const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_alphanumeric || kOther.find(c) != std::string_view::npos;
  });
}

std::unexpected<Error> bad(std::string what) {
  return fail(RuntimeErrorCode::invalid_argument, "not a replay token: " + std::move(what), "token");
}

// The first `kFields` words, and what stands behind them.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (words.size() < kFields) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) break;
    words.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  words.push_back(text);
  return words;
}

// Follows a run's events and keeps what a token says of them.
class TokenFold {
 public:
  explicit TokenFold(ReplayToken token) : token_(std::move(token)) {}

  void add(const StreamEvent& event) {
    if (const auto* assembled = event.get_if<StreamEvent::ContextAssembled>()) {
      token_.contexts = event::list_hash(token_.contexts, assembled->context_hash);
    }
    if (const auto* requested = event.get_if<StreamEvent::ProviderRequested>())
      token_.request = requested->request_hash;
    if (const auto* call = event.get_if<StreamEvent::ToolCallRequested>()) {
      std::string bytes = call->call_id;
      event::append_value(bytes, call->tool);
      event::append_value(bytes, call->argument_hash);
      add_tool(bytes);
    }
    if (const auto* call = event.get_if<StreamEvent::ToolCallFinished>()) {
      std::string bytes = call->call_id;
      event::append_value(bytes, call->outcome);
      event::append_value(bytes, call->result);
      event::append_value(bytes, call->error);
      add_tool(bytes);
    }
  }
  [[nodiscard]] const ReplayToken& token() const { return token_; }

 private:
  void add_tool(const std::string& bytes) { token_.tools = event::list_hash(token_.tools, sha256(bytes)); }

  ReplayToken token_;
};

}  // namespace

std::string ReplayToken::str() const {
  const std::string fields = fields_of(*this);
  return fields + "." + check_of(fields + "." + runtime_version) + "." + runtime_version;
}

Result<ReplayToken> ReplayToken::parse(std::string_view text) {
  if (text.size() > kTokenBytesMax) return bad("it is longer than " + std::to_string(kTokenBytesMax) + " bytes");
  const std::vector<std::string_view> words = words_of(text);
  if (words.front() != kPrefix) return bad("it does not begin with " + std::string(kPrefix));
  if (words.size() != kFields + 1) return bad("it is cut off");
  ReplayToken token;
  const auto run_id = RunId::parse(words[1]);
  if (!run_id) return bad("its run is not one");
  token.run_id = *run_id;
  const std::string_view seq = words[2];
  const auto [end, error] = std::from_chars(seq.data(), seq.data() + seq.size(), token.seq);
  if (error != std::errc() || end != seq.data() + seq.size() || token.seq == 0) return bad("its event is not one");
  const std::array<Hash*, 5> hashes{&token.head, &token.request, &token.contexts, &token.tools, &token.adapters};
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto hash = Hash::parse(words[3 + i]);
    if (!hash) return bad("one of its hashes is not one");
    *hashes[i] = *hash;
  }
  if (!is_version(words.back())) return bad("its version is not one");
  token.runtime_version = std::string(words.back());
  if (token.str() != text) return bad("its check does not fit: a character is wrong");
  return token;
}

boost::asio::awaitable<Result<ReplayToken>> replay_token(std::shared_ptr<JournalStore> store, RunId run_id,
                                                         std::optional<std::uint64_t> seq) {
  auto point = co_await runtime::find_point(store, run_id, seq);
  if (!point) co_return std::unexpected(point.error());
  ReplayToken token;
  token.run_id = run_id;
  token.seq = point->ref.seq;
  token.head = point->ref.hash;
  token.adapters = runtime::pinned_adapters(point->started);
  token.runtime_version = point->started.runtime_version;
  TokenFold fold(std::move(token));
  event::JournalHead head;
  while (head.seq < point->ref.seq) {
    auto lines = co_await store->read(run_id, head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) {
      co_return fail(RuntimeErrorCode::journal_damaged, "the journal ends at event " + std::to_string(head.seq),
                     run_id.str());
    }
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, head);
      if (!step) co_return std::unexpected(step.error());
      for (const StreamEvent& event : step->events) {
        if (event.meta.seq <= point->ref.seq) fold.add(event);
      }
      head = step->head;
    }
  }
  co_return fold.token();
}

}  // namespace orchestrator::harness

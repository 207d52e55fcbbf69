// SPDX-License-Identifier: Apache-2.0
// Feeds any bytes to the Chat Completions decoder. The first byte chooses options and how the rest is cut. Whatever
// comes, the parts must keep the decoder's rules, be the same however the bytes are cut, hold valid UTF-8 only, and
// be encodable as the history of a next request.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/parse.hpp>

#include "codec/chat_completions/chat_decoder.hpp"
#include "codec/chat_completions/chat_encoder.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;
using Parts = std::vector<event::ProviderPart>;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr DecoderLimits kLimits{.stream_bytes = 1 << 20, .items = 50, .tool_calls = 8, .json_depth = 32};

Parts decode(std::string_view bytes, codec::ChatDecoderOptions options, std::size_t piece_bytes) {
  codec::ChatDecoder decoder(options, kLimits);
  Parts joined;
  const auto take = [&](Parts& parts) {
    for (auto& part : parts) event::append_joined(joined, std::move(part));
    parts.clear();
  };
  Parts parts;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    decoder.feed(bytes.substr(at, piece_bytes), parts);
    take(parts);
  }
  decoder.finish(parts);
  take(parts);
  require(decoder.done());
  return joined;
}

// With an empty chunk between any two events: it does nothing, but keeps the decoder from its short cut for chunks
// that repeat the one before.
std::string with_empty_chunks(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = std::min(bytes.find("\n\n", at), bytes.size() - 1) + 2;
    out += bytes.substr(at, end - at);
    if (end <= bytes.size()) out += "data: {}\n\n";
    at = end;
  }
  return out;
}

void check_text(std::string_view text) { require(event::is_valid_utf8(text)); }

void check_item(const ConversationItem& item) {
  check_text(text_of(item));
  if (const auto* call = std::get_if<ToolCallItem>(&item.value)) {
    check_text(call->call_id);
    check_text(call->name);
    check_text(call->echo.text);
    require(!call->call_id.empty());
  }
  if (const auto* reasoning = std::get_if<ReasoningItem>(&item.value)) check_text(reasoning->echo.text);
  if (const auto* other = std::get_if<OtherItem>(&item.value)) {
    check_text(other->native_type);
    check_text(other->echo.text);
  }
}

std::string value_of(const ConversationItem& item) {
  const auto* call = std::get_if<ToolCallItem>(&item.value);
  return call != nullptr ? call->arguments : text_of(item);
}

void check_rules(const Parts& parts, codec::ProviderRequest& history) {
  std::map<std::string, std::string> pieces;
  std::set<std::string> done;
  std::set<std::string> call_ids;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    const bool terminal =
        std::holds_alternative<event::AnswerFinished>(part) || std::holds_alternative<event::AnswerFailed>(part);
    require(terminal == (i + 1 == parts.size()));
    const auto add = [&](const auto& piece) {
      check_text(piece.text);
      require(!piece.text.empty() && !done.contains(piece.item_id));
      pieces[piece.item_id] += piece.text;
    };
    if (const auto* text = std::get_if<event::TextPiece>(&part)) add(*text);
    if (const auto* reasoning = std::get_if<event::ReasoningPiece>(&part)) add(*reasoning);
    if (const auto* arguments = std::get_if<event::ToolArgumentsPiece>(&part)) add(*arguments);
    if (const auto* item = std::get_if<event::ItemDone>(&part)) {
      require(done.insert(item->item_id).second);
      check_item(item->item);
      if (!std::holds_alternative<OtherItem>(item->item.value)) require(pieces[item->item_id] == value_of(item->item));
      if (const auto* call = std::get_if<ToolCallItem>(&item->item.value))
        require(call_ids.insert(call->call_id).second);
      history.items.push_back(std::make_shared<const ConversationItem>(item->item));
    }
    if (const auto* failed = std::get_if<event::AnswerFailed>(&part)) {
      check_text(failed->error.message);
      require(follows_mapping(failed->error));
    }
    if (const auto* finished = std::get_if<event::AnswerFinished>(&part)) {
      check_text(finished->native_reason);
      check_text(finished->provider_model);
      check_text(finished->provider_response_id);
    }
  }
}

void check_history(codec::ProviderRequest& history) {
  history.items.push_back(std::make_shared<const ConversationItem>(user_text("next")));
  for (const auto host : {codec::ChatHost::openai, codec::ChatHost::openrouter}) {
    const auto body = codec::encode_chat_request(history, codec::chat_options(host));
    require(body.has_value());
    boost::system::error_code code;
    boost::json::parse_options options;
    options.max_depth = 128;
    (void)boost::json::parse(*body, code, {}, options);
    require(!code);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const codec::ChatDecoderOptions options{.think_tags = (data[0] & 1U) != 0};
  const std::size_t piece_bytes = data[0] / 2U % 16U + 1U;
  const Parts whole = decode(bytes, options, bytes.size() + 1);
  require(whole == decode(bytes, options, piece_bytes));
  require(whole == decode(with_empty_chunks(bytes), options, bytes.size() * 20 + 1));
  codec::ProviderRequest history;
  check_rules(whole, history);
  check_history(history);

  codec::ProviderRequest of_body;
  check_rules(codec::decode_chat_body(bytes, options, kLimits), of_body);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Any bytes, cut anywhere: the Gemini decoder gives the same parts, exactly one end, and pieces that add up to their
// items; what it received can be encoded and sent back. The first byte chooses the cuts; where it is odd, the rest is
// no stream but a list of choices from which one is built, which reaches deeper than random JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/google_gemini/gemini_decoder.hpp"
#include "codec/google_gemini/gemini_encoder.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;
using Parts = std::vector<ProviderPart>;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr DecoderLimits kLimits{.stream_bytes = 1 << 20, .items = 20, .tool_calls = 8, .json_depth = 32};

Parts decode(std::string_view bytes, std::uint32_t seed) {
  codec::GeminiDecoder decoder(kLimits);
  Parts parts;
  while (!bytes.empty()) {
    seed = seed * 1'664'525U + 1'013'904'223U;
    const std::string piece(bytes.substr(0, 1 + (seed >> 24) % 64));
    bytes.remove_prefix(piece.size());
    decoder.feed(piece, parts);
  }
  decoder.finish(parts);
  require(decoder.done());
  Parts joined;
  for (ProviderPart& part : parts) event::append_joined(joined, std::move(part));
  return joined;
}

void check_rules(const Parts& parts) {
  std::map<std::string, std::string> pieces;
  std::map<std::string, bool> done;
  const auto add = [&](const std::string& id, const std::string& text) {
    require(!text.empty() && !done[id] && event::is_valid_utf8(text));
    pieces[id] += text;
  };
  for (std::size_t at = 0; at < parts.size(); ++at) {
    if (const auto* text = std::get_if<TextPiece>(&parts[at])) add(text->item_id, text->text);
    if (const auto* text = std::get_if<ReasoningPiece>(&parts[at])) add(text->item_id, text->text);
    if (const auto* text = std::get_if<ToolArgumentsPiece>(&parts[at])) add(text->item_id, text->text);
    const bool is_end =
        std::holds_alternative<AnswerFinished>(parts[at]) || std::holds_alternative<AnswerFailed>(parts[at]);
    require(is_end == (at + 1 == parts.size()));
    const auto* item = std::get_if<ItemDone>(&parts[at]);
    if (item == nullptr) continue;
    require(!done[item->item_id]);
    done[item->item_id] = true;
    const auto* call = std::get_if<ToolCallItem>(&item->item.value);
    require(pieces[item->item_id] == (call != nullptr ? call->arguments : text_of(item->item)));
    if (call != nullptr) require(!call->call_id.empty());
  }
}

void check_way_back(const Parts& parts) {
  ProviderRequest request;
  request.model = {ProviderId("gemini"), "gemini-3-pro"};
  request.items.push_back(std::make_shared<const ConversationItem>(user_text("x")));
  for (const ProviderPart& part : parts) {
    const auto* item = std::get_if<ItemDone>(&part);
    if (item != nullptr) request.items.push_back(std::make_shared<const ConversationItem>(item->item));
  }
  const auto body = codec::encode_gemini_request(request);
  require(body.has_value());
  boost::json::error_code code;
  boost::json::parse_options parsing;
  parsing.max_depth = 200;
  boost::json::parse(*body, code, {}, parsing);
  // An escape of half a character may have come in a part that goes back verbatim.
  require(!code || body->find("\\u") != std::string::npos);
}

// Takes choices off the input; the first of each list once it is used up.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  template <std::size_t Size>
  std::string of(const std::string_view (&list)[Size]) {
    if (bytes_.empty()) return std::string(list[0]);
    const auto choice = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return std::string(list[choice % Size]);
  }

 private:
  std::string_view bytes_;
};

std::string build_stream(std::string_view bytes) {
  static constexpr std::string_view kTexts[] = {"", "x", "\\ud83d", "\\ude00", "\\\"", "y"};
  static constexpr std::string_view kKinds[] = {"text", "text", "call", "pieces", "odd"};
  static constexpr std::string_view kThoughts[] = {"false", "true", "null"};
  static constexpr std::string_view kSignatures[] = {"", ",\"thoughtSignature\":\"s\"", ",\"thoughtSignature\":\"\""};
  static constexpr std::string_view kArgs[] = {"{}", "{\"a\":1.0}", "null", "[1]", "{\"a\":\"\\ud83d\"}"};
  static constexpr std::string_view kPaths[] = {"$.a", "$.a[0]", "$.a.b", "$['c']", "$", "x", "$.l[3].m"};
  static constexpr std::string_view kGoesOn[] = {"true", "false"};
  static constexpr std::string_view kReasons[] = {"", ",\"finishReason\":\"STOP\"", ",\"finishReason\":\"SAFETY\"",
                                                  ",\"groundingMetadata\":{\"q\":1}"};
  static constexpr std::string_view kCounts[] = {"0", "7", "-1", "null", "1e30"};
  Choices choices(bytes);
  std::string stream;
  while (!choices.empty()) {
    const std::string kind = choices.of(kKinds);
    std::string part = "{";
    if (kind == "text") {
      part += R"("text":")" + choices.of(kTexts) + R"(","thought":)" + choices.of(kThoughts);
    } else if (kind == "call") {
      part += R"("functionCall":{"id":")" + choices.of(kTexts) + R"(","name":"f","args":)" + choices.of(kArgs) + "}";
    } else if (kind == "pieces") {
      part += R"("functionCall":{"name":")" + choices.of(kTexts) + R"(","partialArgs":[{"jsonPath":")" +
              choices.of(kPaths) + R"(","stringValue":"v"}],"willContinue":)" + choices.of(kGoesOn) + "}";
    } else {
      part += R"("executableCode":{"code":")" + choices.of(kTexts) + "\"}";
    }
    stream += R"(data: {"responseId":"r","candidates":[{"content":{"parts":[)" + part + choices.of(kSignatures) +
              "}]}" + choices.of(kReasons) + R"(}],"usageMetadata":{"promptTokenCount":)" + choices.of(kCounts) +
              "}}\r\n\r\n";
  }
  return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string built = data[0] % 2 == 0 ? std::string() : build_stream(input);
  const std::string_view bytes = data[0] % 2 == 0 ? input : std::string_view(built);
  const Parts parts = decode(bytes, data[0]);
  require(parts == decode(bytes, data[0] + 1'000U));
  check_rules(parts);
  check_way_back(parts);
  check_rules(codec::decode_gemini_body(bytes, kLimits));
  return 0;
}

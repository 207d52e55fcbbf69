// SPDX-License-Identifier: Apache-2.0
// Any bytes, cut anywhere: the decoder gives the same parts, exactly one end, and pieces that add up to their items.
// What it received can be encoded and sent back. The first byte of the input chooses the cuts; where it is odd, the
// rest is no stream but a list of choices from which one is built, which reaches far deeper than random JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/openai_responses/responses_decoder.hpp"
#include "codec/openai_responses/responses_encoder.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<ProviderPart> joined(std::vector<ProviderPart> parts) {
  std::vector<ProviderPart> out;
  for (ProviderPart& part : parts) event::append_joined(out, std::move(part));
  return out;
}

std::vector<ProviderPart> decode_whole(std::string_view bytes, const DecoderLimits& limits) {
  codec::ResponsesDecoder decoder(limits);
  std::vector<ProviderPart> parts;
  decoder.feed(bytes, parts);
  decoder.finish(parts);
  require(decoder.done());
  return joined(std::move(parts));
}

std::vector<ProviderPart> decode_cut(std::string_view bytes, const DecoderLimits& limits, std::uint32_t seed) {
  codec::ResponsesDecoder decoder(limits);
  std::vector<ProviderPart> parts;
  while (!bytes.empty()) {
    seed = seed * 1'664'525U + 1'013'904'223U;
    const std::string piece(bytes.substr(0, 1 + (seed >> 24) % 64));
    bytes.remove_prefix(piece.size());
    decoder.feed(piece, parts);
  }
  decoder.finish(parts);
  return joined(std::move(parts));
}

void check_rules(const std::vector<ProviderPart>& parts) {
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
  }
}

void check_way_back(const std::vector<ProviderPart>& parts) {
  ProviderRequest request;
  request.model = {ProviderId("openai"), "gpt-5"};
  request.items.push_back(std::make_shared<const ConversationItem>(user_text("x")));
  for (const ProviderPart& part : parts) {
    if (const auto* item = std::get_if<ItemDone>(&part))
      request.items.push_back(std::make_shared<const ConversationItem>(item->item));
  }
  codec::ResponsesOptions options;
  for (const bool item_ids : {true, false}) {
    options.item_ids = item_ids;
    const auto body = codec::encode_responses_request(request, options);
    require(body.has_value());
    boost::json::error_code code;
    boost::json::parse_options parsing;
    parsing.max_depth = 200;
    boost::json::parse(*body, code, {}, parsing);
    // An escape of half a character may have come in an item that goes back verbatim.
    require(!code || body->find("\\u") != std::string::npos);
  }
}

// Takes choices off the input; zeros once it is used up.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  template <std::size_t Size>
  std::string_view of(const std::string_view (&list)[Size]) {
    if (bytes_.empty()) return list[0];
    const auto choice = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return list[choice % Size];
  }

 private:
  std::string_view bytes_;
};

std::string build_item(Choices& choices) {
  static constexpr std::string_view kTypes[] = {"message", "reasoning", "function_call", "custom_tool_call", "odd", ""};
  static constexpr std::string_view kIds[] = {"a", "b", "c", ""};
  static constexpr std::string_view kTexts[] = {"", "x", "xy", "xyx", "\\ud83d\\ude00", "\\ud83d"};
  static constexpr std::string_view kParts[] = {"output_text", "refusal", "reasoning_text", "summary_text", "odd"};
  std::string item = R"({"type":")" + std::string(choices.of(kTypes)) + R"(","id":")" + std::string(choices.of(kIds));
  item += R"(","call_id":")" + std::string(choices.of(kIds)) + R"(","name":")" + std::string(choices.of(kIds));
  const std::string text(choices.of(kTexts));
  item += R"(","arguments":")" + text + R"(","input":")" + text + R"(","content":[)";
  for (const char* comma : {"", ","}) {
    const std::string part(choices.of(kTexts));
    item += comma + (R"({"type":")" + std::string(choices.of(kParts))) + R"(","text":")" + part + R"(","refusal":")" +
            part + "\"}";
  }
  return item + R"(],"summary":[{"type":"summary_text","text":")" + std::string(choices.of(kTexts)) + "\"}]}";
}

std::string build_stream(std::string_view bytes) {
  static constexpr std::string_view kEvents[] = {"output_item.added",
                                                 "output_item.done",
                                                 "output_text.delta",
                                                 "output_text.delta",
                                                 "output_text.done",
                                                 "refusal.delta",
                                                 "refusal.done",
                                                 "reasoning_text.delta",
                                                 "reasoning_text.done",
                                                 "reasoning_summary_text.delta",
                                                 "reasoning_summary_text.done",
                                                 "reasoning_summary_part.done",
                                                 "content_part.done",
                                                 "function_call_arguments.delta",
                                                 "function_call_arguments.done",
                                                 "custom_tool_call_input.delta",
                                                 "completed",
                                                 "incomplete",
                                                 "failed"};
  static constexpr std::string_view kIndexes[] = {"0", "1", "2", "3", "null"};
  static constexpr std::string_view kIds[] = {"a", "b", "c", ""};
  static constexpr std::string_view kTexts[] = {"x", "y", "", "xy", "\\ud83d", "\\ude00", "\\n"};
  static constexpr std::string_view kParts[] = {"output_text", "refusal", "reasoning_text", "summary_text", "odd"};
  Choices choices(bytes);
  std::string stream;
  while (!choices.empty()) {
    const std::string type(choices.of(kEvents));
    stream += R"(data: {"type":"response.)" + type + R"(","output_index":)" + std::string(choices.of(kIndexes));
    stream +=
        R"(,"item_id":")" + std::string(choices.of(kIds)) + R"(","content_index":)" + std::string(choices.of(kIndexes));
    stream += R"(,"summary_index":)" + std::string(choices.of(kIndexes));
    const std::string text(choices.of(kTexts));
    for (const char* name : {"delta", "text", "refusal", "arguments"})
      stream += ",\"" + std::string(name) + "\":\"" + text + "\"";
    if (type.starts_with("output_item")) stream += ",\"item\":" + build_item(choices);
    if (type.find("part") != std::string::npos)
      stream += R"(,"part":{"type":")" + std::string(choices.of(kParts)) + R"(","text":")" + text + "\"}";
    if (type == "completed" || type == "incomplete")
      stream += R"(,"response":{"output":[)" + build_item(choices) + "]}";
    stream += "}\n\n";
  }
  return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string built = data[0] % 2 == 0 ? std::string() : build_stream(input);
  const std::string_view bytes = data[0] % 2 == 0 ? input : std::string_view(built);
  DecoderLimits limits;
  limits.items = 20;
  limits.tool_calls = 8;
  const std::vector<ProviderPart> parts = decode_whole(bytes, limits);
  require(parts == decode_cut(bytes, limits, data[0]));
  check_rules(parts);
  check_way_back(parts);
  check_rules(joined(codec::decode_responses_body(bytes, limits)));
  return 0;
}

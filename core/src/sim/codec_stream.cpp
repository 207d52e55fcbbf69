// SPDX-License-Identifier: Apache-2.0
#include "sim/codec_stream.hpp"

#include <array>

#include "codec/openai_responses/responses_decoder.hpp"
#include "event/json_writer.hpp"
#include "sim/answer_generator.hpp"

namespace orchestrator::harness::sim {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  event::append_json_string(out, text);
  return out;
}

class StreamWriter {
 public:
  explicit StreamWriter(Entropy& entropy) : entropy_(entropy), line_end_(entropy.chance(1, 2) ? "\n" : "\r\n") {}

  void add(const std::string& type, const std::string& members) {
    if (entropy_.chance(1, 2)) bytes_ += "event: " + type + line_end_;
    bytes_ += R"(data: {"type":)" + quoted(type) + (members.empty() ? "" : ",") + members + "}" + line_end_ + line_end_;
    if (entropy_.chance(1, 8)) bytes_ += ": keep-alive" + line_end_ + line_end_;
  }
  // An item with its deltas, as the API sends it.
  void add_message(std::size_t index, const std::string& text) {
    const std::string at = address(index);
    const std::string content = R"("content_index":0)";
    add("response.output_item.added", at + R"(,"item":{"type":"message","id":"m","role":"assistant","content":[]})");
    add_deltas("response.output_text.delta", at + "," + content, text);
    add("response.output_text.done", at + "," + content + R"(,"text":)" + quoted(text));
    add("response.output_item.done", at + R"(,"item":)" + message(text));
  }
  void add_reasoning(std::size_t index, const std::string& text) {
    const std::string at = address(index);
    add("response.output_item.added", at + R"(,"item":{"type":"reasoning","id":"r","summary":[]})");
    add_deltas("response.reasoning_summary_text.delta", at + R"(,"summary_index":0)", text);
    add("response.output_item.done", at + R"(,"item":{"type":"reasoning","id":"r","encrypted_content":"c2VjcmV0",)" +
                                         R"("summary":[{"type":"summary_text","text":)" + quoted(text) + "}]}");
  }
  void add_call(std::size_t index, const std::string& arguments) {
    const std::string at = address(index);
    const std::string call = R"("type":"function_call","id":"f","name":"search","call_id":"call_)" +
                             std::to_string(index) + R"(","arguments":)";
    add("response.output_item.added", at + R"(,"item":{)" + call + R"(""})");
    add_deltas("response.function_call_arguments.delta", at, arguments);
    add("response.output_item.done", at + R"(,"item":{)" + call + quoted(arguments) + "}");
  }
  std::string take() { return std::move(bytes_); }

 private:
  static std::string address(std::size_t index) {
    return R"("output_index":)" + std::to_string(index) + R"(,"item_id":"i)" + std::to_string(index) + '"';
  }
  static std::string message(const std::string& text) {
    return R"({"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":)" + quoted(text) +
           "}]}";
  }
  // Deltas of a few bytes, each whole in its characters.
  void add_deltas(const std::string& type, const std::string& at, const std::string& text) {
    std::string delta;
    for (std::size_t i = 0; i < text.size(); ++i) {
      delta += text[i];
      const bool is_whole = i + 1 == text.size() || (static_cast<std::uint8_t>(text[i + 1]) & 0xC0U) != 0x80U;
      if (is_whole && (i + 1 == text.size() || entropy_.chance(1, 6))) {
        add(type, at + R"(,"delta":)" + quoted(std::exchange(delta, {})));
      }
    }
  }

  Entropy& entropy_;
  std::string line_end_;
  std::string bytes_;
};

}  // namespace

std::string draw_responses_stream(Entropy& entropy, bool may_fail) {
  StreamWriter writer(entropy);
  writer.add("response.created", R"("response":{"id":"resp_1","model":"model-1-2026","status":"in_progress"})");
  const std::uint64_t items = entropy.between(1, 3);
  for (std::size_t index = 0; index < items; ++index) {
    const std::uint64_t kind = entropy.below(4);
    if (kind == 0) {
      writer.add_reasoning(index, draw_text(entropy, 6));
    } else if (kind == 1) {
      writer.add_call(index, R"({"q":")" + std::string(entropy.below(12), 'q') + R"("})");
    } else {
      writer.add_message(index, draw_text(entropy, 10));
    }
  }
  const bool fails = may_fail && entropy.chance(1, 3);
  if (fails && entropy.chance(1, 2)) return writer.take();  // breaks off
  if (fails) {
    writer.add("error", R"("code":"server_error","message":"as the simulation wanted")");
  } else {
    writer.add("response.completed",
               R"("response":{"id":"resp_1","model":"model-1-2026","status":"completed","output":[],"usage":)"
               R"({"input_tokens":20,"input_tokens_details":{"cached_tokens":4},"output_tokens":8,)"
               R"("output_tokens_details":{"reasoning_tokens":2},"total_tokens":28}})");
  }
  return writer.take();
}

std::vector<ProviderPart> decode_responses(Entropy& entropy, std::string_view bytes) {
  codec::ResponsesDecoder decoder;
  std::vector<ProviderPart> parts;
  while (!bytes.empty()) {
    const auto size = static_cast<std::size_t>(entropy.magnitude(1, 400));
    decoder.feed(bytes.substr(0, size), parts);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  decoder.finish(parts);
  return parts;
}

std::vector<ProviderPart> draw_codec_answer(Entropy& entropy, bool may_fail) {
  const std::string bytes = draw_responses_stream(entropy, may_fail);
  return decode_responses(entropy, bytes);
}

}  // namespace orchestrator::harness::sim

// SPDX-License-Identifier: Apache-2.0
#include "mock_body.hpp"

#include <charconv>

namespace bench {
namespace {

constexpr std::string_view kResponseId = "resp_0b5a1f0c7d2e4a9600692bbea62d38cd18197a572c5196e958";
constexpr std::string_view kItemId = "msg_0b5a1f0c7d2e4a9600692bbea7f1f48197bd10c9e5a3d2f0b1";
constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\n"
    "content-type: text/event-stream; charset=utf-8\r\n"
    "transfer-encoding: chunked\r\n"
    "x-request-id: req_5f2d9a7c1e8b4036a1d0c9e5b3f7a246\r\n"
    "openai-processing-ms: 12\r\n"
    "openai-version: 2020-10-01\r\n"
    "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::array<std::string_view, 8> kWords = {" time", " with", " tree", " blue",
                                                    " long", " rain", " over", " from"};

class Renderer {
 public:
  Renderer(std::string_view model, const Recipe& recipe) : model_(model) {
    body_.recipe = recipe;
    body_.delta_text_bytes = recipe.pace == Pace::blast ? kBlastDeltaBytes : kStampedDeltaBytes;
  }

  Body render() && {
    body_.bytes.append(kHead);
    event("response.created", std::string("\"response\":").append(response("in_progress", "[]", "null")));
    event("response.in_progress", std::string("\"response\":").append(response("in_progress", "[]", "null")));
    event("response.output_item.added", "\"output_index\":0,\"item\":" + item("in_progress", "[]"));
    event("response.content_part.added", place() + ",\"part\":" + part(""));
    std::string text;
    for (std::uint32_t index = 0; index < body_.recipe.deltas; ++index) text.append(delta(index));
    body_.tail = body_.bytes.size();
    closing_event(0, "response.output_text.done", place() + ",\"text\":\"" + text + "\",\"logprobs\":[]", text);
    closing_event(1, "response.content_part.done", place() + ",\"part\":" + part(text), text);
    const std::string done = item("completed", "[" + part(text) + "]");
    closing_event(2, "response.output_item.done", "\"output_index\":0,\"item\":" + done, text);
    closing_event(3, "response.completed", "\"response\":" + response("completed", "[" + done + "]", usage()), text);
    body_.bytes.append(kLastChunk);
    return std::move(body_);
  }

  Body render_call(std::uint32_t step) && {
    // Clients may tell answers apart by their ids.
    const std::string number = std::to_string(step);
    response_id_.replace(response_id_.size() - number.size(), number.size(), number);
    const std::string arguments = R"({\"n\":)" + number + "}";
    const std::string place = R"("item_id":"fc_)" + number + R"(","output_index":0)";
    const std::string done = call("completed", number, arguments);
    body_.bytes.append(kHead);
    event("response.created", "\"response\":" + response("in_progress", "[]", "null"));
    event("response.in_progress", "\"response\":" + response("in_progress", "[]", "null"));
    event("response.output_item.added", "\"output_index\":0,\"item\":" + call("in_progress", number, ""));
    event("response.function_call_arguments.delta",
          place + ",\"delta\":\"" + arguments + "\",\"obfuscation\":\"hVw1gPqZ\"");
    event("response.function_call_arguments.done", place + R"(,"name":"add_one","arguments":")" + arguments + "\"");
    event("response.output_item.done", "\"output_index\":0,\"item\":" + done);
    event("response.completed", "\"response\":" + response("completed", "[" + done + "]", usage()));
    body_.bytes.append(kLastChunk);
    return std::move(body_);
  }

 private:
  static std::string call(std::string_view status, const std::string& number, const std::string& arguments) {
    return R"({"id":"fc_)" + number + R"(","type":"function_call","status":")" + std::string(status) +
           R"(","arguments":")" + arguments + R"(","call_id":"call_)" + number + R"(","name":"add_one"})";
  }
  /// Appends one event as one HTTP chunk; returns where the event starts.
  std::size_t event(std::string_view type, std::string_view fields) {
    std::string payload("event: ");
    payload.append(type).append("\ndata: {\"type\":\"").append(type).append("\",\"sequence_number\":");
    payload.append(std::to_string(sequence_++)).append(",").append(fields).append("}\n\n");
    std::array<char, 16> size{};
    const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), payload.size(), 16);
    static_cast<void>(error);  // 16 digits hold any size
    body_.bytes.append(size.data(), end).append("\r\n");
    const std::size_t start = body_.bytes.size();
    body_.bytes.append(payload).append("\r\n");
    return start;
  }

  void closing_event(std::size_t slot, std::string_view type, const std::string& fields, const std::string& text) {
    const std::size_t start = event(type, fields);
    body_.tail_text[slot] = body_.bytes.find(text, start);
  }

  std::string delta(std::uint32_t index) {
    std::string text(kStampedDeltaBytes, ' ');
    if (body_.recipe.pace == Pace::blast) {
      text = kWords[(index * 5 + index / 7) % kWords.size()];
    } else {
      write_stamp(text.data(), 0);
    }
    const std::size_t begin = body_.bytes.size();
    std::string fields = place() + ",\"delta\":\"" + text + "\",\"logprobs\":[],\"obfuscation\":\"";
    const std::size_t framing = std::string_view("event: response.output_text.delta\ndata: {\"type\":\"\"").size() +
                                std::string_view("response.output_text.delta,\"sequence_number\":,\"}\n\n").size() +
                                std::to_string(sequence_).size();
    const std::size_t padding =
        kDeltaEventBytes > framing + fields.size() ? kDeltaEventBytes - framing - fields.size() : 1;
    for (std::size_t i = 0; i < padding; ++i) {
      noise_ = noise_ * 6364136223846793005U + 1442695040888963407U;
      constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB";
      fields += alphabet[static_cast<std::size_t>(noise_ >> 58U)];
    }
    const std::size_t start = event("response.output_text.delta", fields.append("\""));
    const std::size_t at = body_.bytes.find("\"delta\":\"", start) + std::string_view("\"delta\":\"").size();
    body_.deltas.push_back({.begin = begin, .end = body_.bytes.size(), .text = at});
    return text;
  }

  static std::string place() {
    return std::string("\"item_id\":\"").append(kItemId).append("\",\"output_index\":0,\"content_index\":0");
  }
  static std::string part(const std::string& text) {
    return "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"" + text + "\"}";
  }
  static std::string item(std::string_view status, const std::string& content) {
    return std::string("{\"id\":\"")
        .append(kItemId)
        .append("\",\"type\":\"message\",\"status\":\"")
        .append(status)
        .append("\",\"content\":")
        .append(content)
        .append(",\"role\":\"assistant\"}");
  }
  std::string usage() const {
    const std::string output = std::to_string(body_.recipe.deltas);
    return "{\"input_tokens\":8,\"input_tokens_details\":{\"cached_tokens\":0},\"output_"
           "tokens\":" +
           output + ",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":" +
           std::to_string(body_.recipe.deltas + 8U) + "}";
  }
  std::string response(std::string_view status, const std::string& output, const std::string& usage_json) const {
    const std::string_view completed_at = status == "completed" ? "1770803608" : "null";
    return std::string("{\"id\":\"")
        .append(response_id_)
        .append("\",\"object\":\"response\",\"created_at\":1770803606,")
        .append("\"status\":\"")
        .append(status)
        .append("\",\"background\":false,\"completed_at\":")
        .append(completed_at)
        .append(
            ",\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"max_output_"
            "tokens\":null,")
        .append("\"max_tool_calls\":null,\"model\":\"")
        .append(model_)
        .append("\",\"output\":")
        .append(output)
        .append(
            ",\"parallel_tool_calls\":true,\"previous_response_id\":null,\"prompt_cache_key\":"
            "null,")
        .append("\"reasoning\":{\"effort\":null,\"summary\":null},\"safety_identifier\":null,")
        .append(
            "\"service_tier\":\"default\",\"store\":true,\"temperature\":1,\"text\":{"
            "\"format\":{\"type\":\"text\"},")
        .append(
            "\"verbosity\":\"medium\"},\"tool_choice\":\"auto\",\"tools\":[],\"top_logprobs\":"
            "0,\"top_p\":1,")
        .append("\"truncation\":\"disabled\",\"usage\":")
        .append(usage_json)
        .append(",\"user\":null,\"metadata\":{}}");
  }

  std::string_view model_;
  std::string response_id_{kResponseId};
  Body body_;
  std::uint32_t sequence_ = 0;
  std::uint64_t noise_ = 1;
};

}  // namespace

std::optional<Recipe> parse_recipe(std::string_view model) {
  constexpr std::array<std::pair<std::string_view, Pace>, 3> prefixes = {
      {{"mock-blast-", Pace::blast}, {"mock-paced-", Pace::paced}, {"mock-abort-", Pace::abort}}};
  for (const auto& [prefix, pace] : prefixes) {
    if (!model.starts_with(prefix)) continue;
    const std::string_view digits = model.substr(prefix.size());
    Recipe recipe{.pace = pace};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), recipe.deltas);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (whole && recipe.deltas >= 1 && recipe.deltas <= 1'000'000) return recipe;
  }
  return std::nullopt;
}

Body render_body(std::string_view model, const Recipe& recipe) { return Renderer(model, recipe).render(); }

Body render_tool_call(std::string_view model, std::uint32_t step) {
  return Renderer(model, {.pace = Pace::blast, .deltas = 1}).render_call(step);
}

void write_stamp(char* text, std::uint64_t now_ns) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < kStampedDeltaBytes - 1; ++i) {
    text[i] = digits[static_cast<std::size_t>((now_ns >> (44U - 4U * i)) & 15U)];
  }
  text[kStampedDeltaBytes - 1] = ' ';
}

}  // namespace bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/redaction/texts.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace orchestrator::bench {
namespace {

constexpr std::array<std::string_view, 40> kWords{
    "the",    "of",      "and",     "a",       "in",     "to",       "model",   "answer",  "which",  "because",
    "people", "between", "whether", "system",  "before", "question", "account", "letter",  "time",   "world",
    "number", "through", "without", "another", "small",  "house",    "water",   "written", "is",     "was",
    "that",   "it",      "for",     "on",      "with",   "as",       "Zoë",     "café",    "should", "password"};

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }
  std::string_view word() { return kWords[below(kWords.size())]; }
  std::string digits(std::size_t count) {
    std::string out;
    while (out.size() < count) out += static_cast<char>('0' + below(10));
    return out;
  }
  std::string hex(std::size_t count) {
    std::string out;
    while (out.size() < count) out += "0123456789abcdef"[below(16)];
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace

std::string prose_text(std::size_t bytes) {
  Draw draw(1);
  std::string out;
  while (out.size() < bytes) {
    const std::size_t words = 5 + draw.below(15);
    for (std::size_t i = 0; i < words; ++i) {
      out += draw.word();
      out += i + 1 == words ? ". " : draw.below(8) == 0 ? ", " : " ";
    }
    if (draw.below(6) == 0) out += '\n';
  }
  return out;
}

std::string code_text(std::size_t bytes) {
  Draw draw(2);
  std::string out;
  while (out.size() < bytes) {
    out += "  const auto ";
    out.append(draw.word()).append("_").append(draw.word()).append(" = ");
    out.append(draw.word()).append("::").append(draw.word()).append("_").append(draw.word());
    out.append("(request.").append(draw.word()).append(", ").append(draw.digits(1 + draw.below(4))).append(");\n");
    if (draw.below(4) == 0) out.append("  // ").append(draw.word()).append(" ").append(draw.word()).append("\n");
    if (draw.below(20) == 0) out.append("#include \"codec/redaction/").append(draw.word()).append("_scanner.hpp\"\n\n");
  }
  return out;
}

std::string json_text(std::size_t bytes) {
  Draw draw(3);
  std::string out = "[";
  while (out.size() < bytes) {
    if (out.size() > 1) out += ",\n";
    out.append("{\"id\":\"run_01K").append(draw.digits(23)).append("\",\"seq\":1").append(draw.digits(5));
    out.append(",\"type\":\"text_delta\",\"text\":\"").append(draw.word()).append(" ").append(draw.word());
    out.append(" ").append(draw.word()).append("\",\"hash\":\"").append(draw.hex(64)).append("\"");
    if (draw.below(4) == 0) out.append(",\"mail\":\"").append(draw.word()).append("@example.com\"");
    if (draw.below(4) == 0) out.append(",\"api_key\":\"").append(draw.hex(32)).append("\"");
    out += '}';
  }
  return out += "]";
}

std::string log_text(std::size_t bytes) {
  Draw draw(4);
  std::string out;
  while (out.size() < bytes) {
    out.append("2026-11-30T09:").append(draw.digits(2)).append(":").append(draw.digits(2)).append(".123Z INFO [");
    out.append(draw.digits(5)).append("] ").append(draw.word()).append(" ").append(draw.word());
    out.append(" request_id=").append(draw.hex(32)).append(" path=/v1/").append(draw.word()).append(" status=200 ms=");
    out.append(draw.digits(3)).append(" from 10.0.").append(draw.digits(2)).append(".7:").append(draw.digits(5));
    if (draw.below(50) == 0) out.append(" Authorization: Bearer ").append(draw.hex(40));
    out += '\n';
  }
  return out;
}

}  // namespace orchestrator::bench

// SPDX-License-Identifier: Apache-2.0
// ./dev bench redaction [--quick]
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "bench/context/duration.hpp"
#include "bench/redaction/texts.hpp"
#include "codec/redaction/redactor.hpp"
#include "codec/redaction/stream_redactor.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator;
using harness::codec::Redactor;
using harness::codec::StreamRedactor;

constexpr std::size_t kRounds = 5;
constexpr std::size_t kPieceBytes = 64;

template <class Work>
double megabytes_per_second(std::size_t bytes, Work work) {
  return static_cast<double>(bytes) / bench::times_us(kRounds, work).front();
}

void print(std::string_view name, const std::string& text, const Redactor& redactor) {
  std::string copy(text.size(), '\0');
  bool valid = true;
  std::size_t finds = 0;
  std::size_t out_bytes = 0;
  const double plain = megabytes_per_second(text.size(), [&] {
    std::memcpy(copy.data(), text.data(), text.size());
    valid = valid && harness::event::is_valid_utf8(copy);
  });
  const double whole = megabytes_per_second(text.size(), [&] { finds = redactor.redact(text).spans.size(); });
  const double streamed = megabytes_per_second(text.size(), [&] {
    StreamRedactor stream(redactor);
    for (std::size_t at = 0; at < text.size(); at += kPieceBytes) {
      out_bytes += stream.append(std::string_view(text).substr(at, kPieceBytes)).size();
    }
    out_bytes += stream.finish().size();
  });
  std::printf("%-7s %8zu %10.0f %10.0f %10.0f %9.3f %9.3f\n", std::string(name).c_str(), finds, plain, whole, streamed,
              whole / plain, streamed / plain);
  if (name != "json") return;
  const double json =
      megabytes_per_second(text.size(), [&] { finds = redactor.redact_json(text).value().spans.size(); });
  std::printf("%-7s %8zu %10s %10.0f %10s %9.3f\n", "  tree", finds, "", json, "", json / plain);
  if (!valid || out_bytes == 0) std::puts("the text is not valid UTF-8");
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_quick = argc == 2 && std::string_view(argv[1]) == "--quick";
  if (argc > 1 && !is_quick) {
    std::cerr << "usage: bench_redaction [--quick]\n";
    return 2;
  }
  harness::RedactionPolicy policy;
  policy.secrets = {{.name = "first", .value = "zebra-Lantern-4471"},
                    {.name = "second",
                     .value = "Gr\xC3\xBC\xC3\x9F"
                              "e_an_42"},
                    {.name = "third", .value = "vault/Quark&77 \"x\""}};
  harness::RedactionPolicy keys = policy;
  keys.detectors = {.secret = true,
                    .vendor_key = false,
                    .email = false,
                    .card = false,
                    .iban = false,
                    .phone = false,
                    .name = false,
                    .entropy = false};
  const auto redactor = Redactor::compile(policy);
  const auto of_keys = Redactor::compile(keys);
  if (!redactor || !of_keys) return 1;
  const std::size_t bytes = is_quick ? 800'000 : 8'000'000;
  std::puts("text       finds copy MB/s whole MB/s strm. MB/s whole/cp. strm./cp.");
  print("prose", bench::prose_text(bytes), *redactor);
  print("code", bench::code_text(bytes), *redactor);
  // A quarter: JSON has at most 524,288 values.
  print("json", bench::json_text(bytes / 4), *redactor);
  print("logs", bench::log_text(bytes), *redactor);
  std::puts("secrets alone:");
  print("prose", bench::prose_text(bytes), *of_keys);
  print("code", bench::code_text(bytes), *of_keys);
  print("json", bench::json_text(bytes / 4), *of_keys);
  print("logs", bench::log_text(bytes), *of_keys);
  return 0;
}

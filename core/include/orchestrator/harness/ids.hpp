// SPDX-License-Identifier: Apache-2.0
#pragma once

// Strong identifiers. Each is a small fixed-size value without allocation, ordered and comparable,
// and each has one text form, which is what journals, the wire and the command line show.
// Drawing new ids needs entropy and so belongs to the runtime; here they are only held and parsed.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orchestrator::harness {

/// A 26 character ULID (48 bit milliseconds, 80 bit entropy, Crockford base32, upper case) behind a
/// fixed prefix, such as `run_01K...`. Text order is time order. A default-made id is all zeros.
template <class Tag>
class UlidId {
 public:
  static constexpr std::string_view kPrefix = Tag::kPrefix;
  static constexpr std::size_t kTextSize = kPrefix.size() + 26;

  UlidId() { ulid_.fill('0'); }

  /// From 48 bits of unix milliseconds and 80 bits of entropy (the low 16 bits of `entropy_high` are used).
  static UlidId make(std::uint64_t unix_ms, std::uint64_t entropy_high, std::uint64_t entropy_low);
  /// From its text form; nothing unless it is exactly the prefix and 26 valid characters (case-insensitive).
  static std::optional<UlidId> parse(std::string_view text);

  /// The text form: prefix and 26 characters.
  [[nodiscard]] std::string str() const { return std::string(kPrefix).append(ulid()); }
  /// The 26 characters without the prefix; valid as long as this object.
  [[nodiscard]] std::string_view ulid() const { return {ulid_.data(), ulid_.size()}; }
  /// The unix milliseconds that it was made from, below 2^48.
  [[nodiscard]] std::uint64_t unix_ms() const;
  [[nodiscard]] bool is_zero() const { return ulid().find_first_not_of('0') == std::string_view::npos; }

  auto operator<=>(const UlidId&) const = default;

 private:
  std::array<char, 26> ulid_;
};

struct RunIdTag {
  static constexpr std::string_view kPrefix = "run_";
};
struct SessionIdTag {
  static constexpr std::string_view kPrefix = "ses_";
};
struct HintIdTag {
  static constexpr std::string_view kPrefix = "hint_";
};
struct MemoryIdTag {
  static constexpr std::string_view kPrefix = "mem_";
};
using RunId = UlidId<RunIdTag>;
using SessionId = UlidId<SessionIdTag>;
using HintId = UlidId<HintIdTag>;
using MemoryId = UlidId<MemoryIdTag>;

/// `Bytes` bytes shown as lower-case hex: trace ids (16), span ids (8), content hashes (32).
template <std::size_t Bytes, class Tag>
class HexId {
 public:
  static constexpr std::size_t kBytes = Bytes;
  HexId() = default;
  explicit HexId(const std::array<std::uint8_t, Bytes>& bytes) : bytes_(bytes) {}

  /// From exactly 2 * Bytes hex digits of either case; else nothing.
  static std::optional<HexId> parse(std::string_view text);
  [[nodiscard]] std::string str() const;
  /// Appends the hex digits to `out`.
  void append_to(std::string& out) const;
  [[nodiscard]] const std::array<std::uint8_t, Bytes>& bytes() const { return bytes_; }
  [[nodiscard]] bool is_zero() const { return bytes_ == std::array<std::uint8_t, Bytes>{}; }
  auto operator<=>(const HexId&) const = default;

 private:
  std::array<std::uint8_t, Bytes> bytes_{};
};

struct TraceIdTag {};
struct SpanIdTag {};
struct InterruptIdTag {};
struct HashTag {};
using TraceId = HexId<16, TraceIdTag>;
using SpanId = HexId<8, SpanIdTag>;
/// A question to a person, unique in its run.
using InterruptId = HexId<8, InterruptIdTag>;
/// A SHA-256: of content, of canonical bytes, or of a chain.
using Hash = HexId<32, HashTag>;

/// SHA-256 of `bytes` (FIPS 180-4).
[[nodiscard]] Hash sha256(std::string_view bytes);

/// Names a provider: `openai`, `chat`, `local`, `scripted` or a configured endpoint.
/// 1 to 64 of [a-z0-9_-], starting with a letter.
class ProviderId {
 public:
  ProviderId() = default;
  explicit ProviderId(std::string name) : name_(std::move(name)) {}
  /// From text of that form; else nothing.
  static std::optional<ProviderId> parse(std::string_view text);
  /// The name. Valid as long as this object.
  [[nodiscard]] const std::string& str() const { return name_; }
  auto operator<=>(const ProviderId&) const = default;

 private:
  std::string name_;
};

}  // namespace orchestrator::harness

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Exact numbers of tokens, for OpenAI's encodings `o200k_base` and `cl100k_base`. A counter is loaded once from a file
// of ranks and then only read: share it, and call it from any number of threads. What a text costs depends on nothing
// but the text: the same bytes give the same number on every machine.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness {

/// The number that a model knows a token by.
using TokenId = std::uint32_t;

/// Counts the tokens of texts by one encoding, as tiktoken's `encode_ordinary` does: what looks like a special token,
/// such as `<|endoftext|>`, is plain text. A text is taken as UTF-8; each ill-formed part of it counts as one U+FFFD,
/// the character that providers and their SDKs put in its place. Immutable, safe on any thread.
class TokenCounter {
 public:
  virtual ~TokenCounter() = default;
  /// The encoding's name, such as `o200k_base`; valid as long as the counter.
  [[nodiscard]] virtual std::string_view encoding() const = 0;
  /// How many tokens the text is; 0 for an empty one. The time is that of the text's length times its logarithm at
  /// worst. Texts are counted one by one: two texts joined may be fewer tokens than both apart.
  [[nodiscard]] virtual std::uint64_t count(std::string_view text) const = 0;
  /// The tokens themselves, in order; `count` is their number.
  [[nodiscard]] virtual std::vector<TokenId> encode(std::string_view text) const = 0;
  /// The bytes of tokens, which are UTF-8 only where the tokens are those of a whole text. Fails with
  /// `invalid_argument` for a number that is no token of this encoding; special tokens are none.
  [[nodiscard]] virtual Result<std::string> decode(std::span<const TokenId> tokens) const = 0;
};

/// The counter of `o200k_base` or `cl100k_base`, from the file `FOLDER/ENCODING.tiktoken`: lines of a token's bytes in
/// base64, a blank and its rank, as OpenAI publishes them. Fails with `invalid_argument` for another encoding, and with
/// `configuration_invalid` where the file is missing, unreadable or not whole, naming the file and the line.
[[nodiscard]] Result<std::shared_ptr<const TokenCounter>> load_token_counter(std::string_view encoding,
                                                                             const std::string& folder);

/// The encoding of an OpenAI model by its own id (`gpt-4o-mini`, `ft:gpt-4.1:...`; no provider in front), static
/// lifetime; nothing where it is not known, which is no reason to guess.
[[nodiscard]] std::optional<std::string_view> encoding_of_model(std::string_view model);

/// Where the rank files of this program are: of its checkout, beside its prefix (`../share/orchestrator/encodings`), in
/// `/usr/local` or in `/usr`, whichever has some; the last where none has. Looks at the disk; `executable` is the
/// program's path, empty for that of this process.
[[nodiscard]] std::string encodings_folder(const std::string& executable = {});

}  // namespace orchestrator::harness

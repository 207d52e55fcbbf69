// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of a question. Text is never taken as a query's syntax: the index's own tokenizer says what its words are,
// so a word is whatever Unicode says, and quotes, operators and brackets are none. One thread, that of the connection.

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::memory {

inline constexpr std::size_t kQueryWordsMax = 64;

/// The first words of the text, each once, case and diacritics folded; empty where it holds no letter or digit.
[[nodiscard]] Result<std::vector<std::string>> query_words(const storage::SqliteConnection& connection,
                                                           std::string_view text);

/// What finds the texts that hold any of the words, the more and the rarer the better.
[[nodiscard]] std::string match_expression(const std::vector<std::string>& words);

}  // namespace orchestrator::harness::memory

// SPDX-License-Identifier: Apache-2.0
#include "memory/query_words.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace orchestrator::harness::memory {
namespace {

// What is between the words of an index and SQLite's interface to extensions, by the way that the manual of FTS5
// describes (section 7).
Result<fts5_api*> interface_of(const storage::SqliteConnection& connection) {
  fts5_api* interface = nullptr;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(connection.handle(), "SELECT fts5(?1)", -1, &statement, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&interface), "fts5_api_ptr", nullptr);
    code = sqlite3_step(statement);
  }
  Result<fts5_api*> result = interface;
  if (code != SQLITE_ROW || interface == nullptr) result = std::unexpected(connection.error(code));
  sqlite3_finalize(statement);
  return result;
}

int take_word(void* context, int /*flags*/, const char* bytes, int size, int /*start*/, int /*end*/) {
  auto& words = *static_cast<std::vector<std::string>*>(context);
  std::string word(bytes, static_cast<std::size_t>(size));
  if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  return words.size() < kQueryWordsMax ? SQLITE_OK : SQLITE_DONE;
}

}  // namespace

Result<std::vector<std::string>> query_words(const storage::SqliteConnection& connection, std::string_view text) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  const auto interface = interface_of(connection);
  if (!interface) return std::unexpected(interface.error());
  void* context = nullptr;
  fts5_tokenizer tokenizer{};
  // Without the stemmer: MATCH stems the words itself, once.
  int code = (*interface)->xFindTokenizer(*interface, "unicode61", &context, &tokenizer);
  if (code != SQLITE_OK) return std::unexpected(connection.error(code));
  const char* arguments[] = {"remove_diacritics", "2"};
  Fts5Tokenizer* instance = nullptr;
  code = tokenizer.xCreate(context, arguments, 2, &instance);
  if (code != SQLITE_OK) return std::unexpected(connection.error(code));
  code = tokenizer.xTokenize(instance, &words, FTS5_TOKENIZE_QUERY, text.data(), static_cast<int>(text.size()),
                             &take_word);
  tokenizer.xDelete(instance);
  if (code != SQLITE_OK && code != SQLITE_DONE) return std::unexpected(connection.error(code));
  return words;
}

std::string match_expression(const std::vector<std::string>& words) {
  std::string expression;
  for (const std::string& word : words) {
    if (!expression.empty()) expression += " OR ";
    expression += '"';
    for (const char c : word) expression.append(c == '"' ? 2 : 1, c);
    expression += '"';
  }
  return expression;
}

}  // namespace orchestrator::harness::memory

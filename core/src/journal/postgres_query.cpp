// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_query.hpp"

#include <libpq-fe.h>

#include <charconv>

namespace orchestrator::harness::journal {

PostgresQuery& PostgresQuery::integer(std::int64_t value) { return text(std::to_string(value)); }

PostgresQuery& PostgresQuery::text(std::string value) {
  parameters_.push_back({std::move(value), {}, false});
  return *this;
}

PostgresQuery& PostgresQuery::bytes(std::string_view value) {
  parameters_.push_back({{}, value, true});
  return *this;
}

std::uint64_t PostgresQuery::size_bytes() const {
  std::uint64_t size = sql_.size();
  for (const Parameter& parameter : parameters_) size += parameter.text.size() + parameter.bytes.size();
  return size;
}

PostgresQuery::Arguments PostgresQuery::arguments() const {
  Arguments arguments;
  for (const Parameter& parameter : parameters_) {
    // A null pointer would mean null, also where there are no bytes.
    const char* bytes = parameter.bytes.data() != nullptr ? parameter.bytes.data() : "";
    arguments.values.push_back(parameter.is_binary ? bytes : parameter.text.c_str());
    arguments.lengths.push_back(static_cast<int>(parameter.bytes.size()));
    arguments.formats.push_back(parameter.is_binary ? 1 : 0);
  }
  return arguments;
}

void PostgresRows::Clear::operator()(pg_result* result) const { PQclear(result); }

int PostgresRows::size() const { return PQntuples(result_.get()); }

bool PostgresRows::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::string_view PostgresRows::command() const { return PQcmdStatus(result_.get()); }

std::uint64_t PostgresRows::changed() const {
  const std::string_view count = PQcmdTuples(result_.get());
  std::uint64_t value = 0;
  std::from_chars(count.data(), count.data() + count.size(), value);
  return value;
}

std::string_view PostgresRows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

// Whole numbers come in network byte order, in as many bytes as their type has.
std::int64_t PostgresRows::integer(int row, int column) const {
  const std::string_view raw = bytes(row, column);
  if (raw.empty() || raw.size() > sizeof(std::int64_t)) return 0;
  const bool is_negative = raw.size() > 1 && (static_cast<unsigned char>(raw.front()) & 0x80U) != 0;
  std::uint64_t value = is_negative ? ~0ULL : 0;
  for (const char byte : raw) value = (value << 8U) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

}  // namespace orchestrator::harness::journal

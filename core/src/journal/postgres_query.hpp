// SPDX-License-Identifier: Apache-2.0
#pragma once

// One statement for PostgreSQL with its parameters, and what it returned. One thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace orchestrator::harness::journal {

/// A statement with parameters $1, $2, ... in the order in which they are added. Bytes are not copied: they must
/// outlive the query.
class PostgresQuery final {
 public:
  /// `kept`: run so often that the connection prepares it once.
  enum class Use : std::uint8_t { once, kept };
  explicit PostgresQuery(std::string sql, Use use = Use::once) : sql_(std::move(sql)), use_(use) {}

  PostgresQuery& integer(std::int64_t value);
  PostgresQuery& text(std::string value);
  /// Raw bytes, for a column of type `bytea`.
  PostgresQuery& bytes(std::string_view value);

  [[nodiscard]] const std::string& sql() const { return sql_; }
  [[nodiscard]] bool is_kept() const { return use_ == Use::kept; }
  [[nodiscard]] std::uint64_t size_bytes() const;
  /// As libpq takes them; valid until the query changes.
  struct Arguments {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  [[nodiscard]] Arguments arguments() const;

 private:
  struct Parameter {
    std::string text;
    std::string_view bytes;
    bool is_binary = false;
  };
  std::string sql_;
  Use use_;
  std::vector<Parameter> parameters_;
};

/// The rows of a statement, in binary form.
class PostgresRows final {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}

  [[nodiscard]] int size() const;
  /// Rows that an INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::uint64_t changed() const;
  [[nodiscard]] bool is_null(int row, int column) const;
  /// Of a column of type `boolean`, `smallint`, `integer` or `bigint`; 0 for null.
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  /// Of a column of type `text` or `bytea`; valid as long as these rows.
  [[nodiscard]] std::string_view bytes(int row, int column) const;
  [[nodiscard]] std::string text(int row, int column) const { return std::string(bytes(row, column)); }
  /// What the server calls what it did, such as `COMMIT`.
  [[nodiscard]] std::string_view command() const;
  [[nodiscard]] const pg_result* get() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace orchestrator::harness::journal

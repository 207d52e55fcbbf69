// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <string_view>
#include <utility>

namespace orchestrator::harness::journal {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long an answer is waited for; more for what is long, as a slow line needs it. The limits that the server keeps
// end earlier, so that it gives up before it is given up.
constexpr std::chrono::seconds kAnswerTimeout{30};
constexpr std::uint64_t kBytesPerSecondMin = 1 << 20;
constexpr const char* kSettings =
    "SET statement_timeout = '20s'; SET lock_timeout = '15s'; SET idle_in_transaction_session_timeout = '10s'; "
    "SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'error'; "
    // What is acknowledged survives power loss; a stronger setting stays.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
// A list says of each parameter what holds unless the address says otherwise.
constexpr std::array<std::pair<const char*, const char*>, 6> kDefaults{{{"connect_timeout", "5"},
                                                                        {"tcp_user_timeout", "15000"},
                                                                        {"keepalives_idle", "10"},
                                                                        {"keepalives_interval", "5"},
                                                                        {"keepalives_count", "3"},
                                                                        {"application_name", "orchestrator"}}};

struct Parameters {
  explicit Parameters(const PostgresAddress& address) {
    for (const auto& [keyword, value] : kDefaults) add(keyword, value);
    add("dbname", address.url.c_str());  // what follows a default overrides it
    add("client_encoding", "UTF8");
    add(nullptr, nullptr);
  }
  std::vector<const char*> keywords;
  std::vector<const char*> values;

 private:
  void add(const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
};

PostgresFault fault_of(std::string_view sqlstate) {
  for (const std::string_view conflict : {"40001", "40P01", "55P03"}) {
    if (sqlstate == conflict) return PostgresFault::conflict;
  }
  // The server ended the session: on command, in a crash, or because it was idle inside a transaction.
  for (const std::string_view end : {"57P01", "57P02", "57P03", "57P05", "25P03"}) {
    if (sqlstate == end) return PostgresFault::lost;
  }
  return sqlstate.starts_with("08") ? PostgresFault::lost : PostgresFault::refused;
}

RuntimeErrorCode code_of(std::string_view sqlstate, PostgresFault fault) {
  if (fault == PostgresFault::lost || fault == PostgresFault::conflict) return RuntimeErrorCode::storage_unavailable;
  if (sqlstate == "53100") return RuntimeErrorCode::storage_full;
  if (sqlstate == "25006" || sqlstate == "42501") return RuntimeErrorCode::storage_readonly;
  // Of resources, and of a statement that took too long.
  if (sqlstate.starts_with("53") || sqlstate == "57014") return RuntimeErrorCode::storage_unavailable;
  return RuntimeErrorCode::storage_failed;
}

std::string version_text(int version) {
  return std::to_string(version / 10'000) + "." + std::to_string(version % 10'000);
}

// Waits until the socket is ready; false when the deadline passes first.
bool wait_socket(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd socket{fd, events, 0};
    const int ready = ::poll(&socket, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<void> check_postgres_version(int server_version) {
  if (server_version >= kPostgresVersionMin) return {};
  return fail(RuntimeErrorCode::not_supported, "the server runs PostgreSQL " + version_text(server_version) +
                                                   "; the journal needs " +
                                                   std::to_string(kPostgresVersionMin / 10'000) + " or newer");
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresAddress& address) {
  const Parameters parameters(address);
  PGconn* raw = PQconnectdbParams(parameters.keywords.data(), parameters.values.data(), 1);
  if (raw == nullptr) {
    return fail(RuntimeErrorCode::storage_unavailable, "the store " + address.shown + ": no memory", address.shown);
  }
  std::unique_ptr<PostgresConnection> self(new PostgresConnection(raw, address));
  if (PQstatus(raw) != CONNECTION_OK) {
    // libpq does not tell one refusal from another; a server that is up and still refuses does not let us in.
    const PGPing state = PQpingParams(parameters.keywords.data(), parameters.values.data(), 1);
    const bool is_up = state == PQPING_OK || state == PQPING_NO_ATTEMPT;
    return fail(is_up ? RuntimeErrorCode::configuration_invalid : RuntimeErrorCode::storage_unavailable,
                "cannot open the store " + address.shown + ": " + shown_message(PQerrorMessage(raw), address),
                address.shown);
  }
  if (auto checked = check_postgres_version(PQserverVersion(raw)); !checked) return std::unexpected(checked.error());
  if (auto set = self->set_up(); !set) return std::unexpected(set.error());
  return self;
}

void PostgresConnection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

Result<void> PostgresConnection::set_up() {
  PQsetnonblocking(connection_.get(), 1);
  // Notices are for people at a terminal.
  PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
  return execute(kSettings);
}

Result<void> PostgresConnection::execute(const std::string& sql) {
  const auto deadline = Clock::now() + kAnswerTimeout;
  if (is_lost()) return lose("the connection was lost");
  auto done = finish(PQsendQuery(connection_.get(), sql.c_str()) == 1, deadline);
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<PostgresRows> PostgresConnection::run(const PostgresQuery& query) {
  const auto deadline = Clock::now() + kAnswerTimeout +
                        std::chrono::seconds(static_cast<std::int64_t>(query.size_bytes() / kBytesPerSecondMin));
  if (is_lost()) return lose("the connection was lost");
  const auto arguments = query.arguments();
  const int count = static_cast<int>(arguments.values.size());
  constexpr int kBinary = 1;
  if (!query.is_kept()) {
    const int sent = PQsendQueryParams(connection_.get(), query.sql().c_str(), count, nullptr, arguments.values.data(),
                                       arguments.lengths.data(), arguments.formats.data(), kBinary);
    return finish(sent == 1, deadline);
  }
  const auto name = prepare(query.sql(), deadline);
  if (!name) return std::unexpected(name.error());
  const int sent = PQsendQueryPrepared(connection_.get(), name->c_str(), count, arguments.values.data(),
                                       arguments.lengths.data(), arguments.formats.data(), kBinary);
  return finish(sent == 1, deadline);
}

Result<std::string> PostgresConnection::prepare(const std::string& sql, TimePoint deadline) {
  if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
  std::string name = "kept_" + std::to_string(prepared_.size());
  const bool is_sent = PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr) == 1;
  if (auto done = finish(is_sent, deadline); !done) return std::unexpected(done.error());
  prepared_.emplace(sql, name);
  return name;
}

bool PostgresConnection::flush(TimePoint deadline) {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left <= 0) return left == 0;
    // The server may have to be read before it takes more.
    if (!wait_socket(PQsocket(connection_.get()), POLLIN | POLLOUT, deadline)) return false;
    if (PQconsumeInput(connection_.get()) != 1) return false;
  }
}

bool PostgresConnection::wait_answer(TimePoint deadline) {
  while (PQisBusy(connection_.get()) == 1) {
    if (!wait_socket(PQsocket(connection_.get()), POLLIN, deadline)) return false;
    if (PQconsumeInput(connection_.get()) != 1) return false;
  }
  return true;
}

Result<PostgresRows> PostgresConnection::finish(bool is_sent, TimePoint deadline) {
  fault_ = PostgresFault::none;
  sqlstate_.clear();
  if (!is_sent || !flush(deadline)) return lose(PQerrorMessage(connection_.get()));
  PostgresRows last(nullptr);
  PostgresRows error(nullptr);
  for (;;) {
    if (!wait_answer(deadline)) return lose(PQerrorMessage(connection_.get()));
    PostgresRows next(PQgetResult(connection_.get()));
    if (next.get() == nullptr) break;
    const ExecStatusType status = PQresultStatus(next.get());
    const bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_good && error.get() == nullptr) {
      error = std::move(next);
    } else if (is_good) {
      last = std::move(next);
    }
  }
  if (error.get() != nullptr) return failed(error.get());
  if (PQstatus(connection_.get()) != CONNECTION_OK || last.get() == nullptr) return lose("the connection was lost");
  return last;
}

std::unexpected<Error> PostgresConnection::failed(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) return lose(PQresultErrorMessage(result));
  sqlstate_ = state;
  fault_ = fault_of(sqlstate_);
  // Details may repeat what was to be stored; the first line does not.
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return fail(code_of(sqlstate_, fault_),
              "the store " + address_.shown + ": " + shown_message(primary == nullptr ? "" : primary, address_) + " (" +
                  sqlstate_ + ")",
              address_.shown);
}

std::unexpected<Error> PostgresConnection::lose(const std::string& why) {
  fault_ = PostgresFault::lost;
  const std::string words = why.empty() ? "no answer in time" : shown_message(why, address_);
  return fail(RuntimeErrorCode::storage_unavailable, "the store " + address_.shown + ": " + words, address_.shown);
}

Result<std::vector<std::string>> PostgresConnection::wait_notices(int stop_fd, milliseconds patience) {
  std::vector<std::string> payloads = take_notices();
  if (!payloads.empty()) return payloads;
  std::array<pollfd, 2> sockets{{{PQsocket(connection_.get()), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
  if (::poll(sockets.data(), sockets.size(), static_cast<int>(patience.count())) <= 0) return payloads;
  if (PQconsumeInput(connection_.get()) != 1) return lose(PQerrorMessage(connection_.get()));
  return take_notices();
}

std::vector<std::string> PostgresConnection::take_notices() {
  struct Free {
    void operator()(PGnotify* notice) const { PQfreemem(notice); }
  };
  std::vector<std::string> payloads;
  while (const auto notice = std::unique_ptr<PGnotify, Free>(PQnotifies(connection_.get()))) {
    payloads.emplace_back(notice->extra);
  }
  return payloads;
}

}  // namespace orchestrator::harness::journal

// SPDX-License-Identifier: Apache-2.0
// Goal: an address opens what it says, and what is shown of it holds no password. Method: examples.

#include "journal/postgres_address.hpp"

#include <gmock/gmock.h>

#include "journal/postgres_connection.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(PostgresAddress, IsShownWithoutPasswords) {
  for (const auto& [url, shown] : {
           std::pair{"postgres://h/d", "postgres://h/d"},
           std::pair{"postgres://u@h:5433/d?sslmode=require", "postgres://u@h:5433/d?sslmode=require"},
           std::pair{"postgres://u:pw@h/d", "postgres://u@h/d"},
           std::pair{"postgresql://u:p%40w@h1:1,h2:2/d", "postgresql://u@h1:1,h2:2/d"},
           std::pair{"postgres://u:@h/d", "postgres://u@h/d"},
           std::pair{"postgres:///d?host=/run/pg&password=pw&user=u", "postgres:///d?host=/run/pg&user=u"},
           std::pair{"postgres://h/d?password=pw", "postgres://h/d"},
           std::pair{"postgres://h/d?sslpassword=pw&sslmode=disable", "postgres://h/d?sslmode=disable"},
           std::pair{"postgres://u:pw@[::1]:5/d", "postgres://u@[::1]:5/d"},
       }) {
    const auto address = parse_postgres_address(url);
    ASSERT_TRUE(address) << url << ": " << address.error().message;
    EXPECT_EQ(address->shown, shown);
    EXPECT_EQ(address->url, url);
  }
}

TEST(PostgresAddress, KnowsItsSecrets) {
  EXPECT_THAT(parse_postgres_address("postgres://u:p%40w@h/d?sslpassword=key")->secrets, ElementsAre("p@w", "key"));
  const auto address = parse_postgres_address("postgres://u:p%40w@h/d").value();
  EXPECT_EQ(shown_message("no: p@w\n\tis p@w\n", address), "no: *** is ***");
}

TEST(PostgresAddress, IsRefusedWithoutRepeatingIt) {
  for (const char* url : {"postgres://u:hunter2%zz@h/d", "postgres://h/d?hunter2=1",
                          "postgres://h/d?pass%77ord=hunter2", "postgres://u:hunter2@h:x/d?a"}) {
    const auto address = parse_postgres_address(url);
    if (address) continue;  // libpq looks at ports only when it connects
    EXPECT_EQ(address.error().code, "configuration_invalid");
    EXPECT_THAT(address.error().message, Not(HasSubstr("hunter2"))) << url;
  }
  EXPECT_FALSE(parse_postgres_address("postgres://h/d?pass%77ord=hunter2"));
  EXPECT_EQ(without_passwords("mysql://u:hunter2@h/d"), "mysql://u@h/d");
}

// Pieces of three characters of a password that stand in a text. `://` stands in every form that a text names as
// allowed.
std::vector<std::string> pieces_in(const std::string& text, std::string_view password) {
  constexpr std::size_t kPiece = 3;
  std::vector<std::string> found;
  for (std::size_t at = 0; at + kPiece <= password.size(); ++at) {
    const std::string_view piece = password.substr(at, kPiece);
    if (piece != "://" && text.contains(piece)) found.emplace_back(piece);
  }
  return found;
}

TEST(PostgresAddress, NoPieceOfAPasswordIsShown) {
  struct Case {
    std::string url;
    std::string_view password;
    bool is_refused = true;  // as an address
  };
  for (const auto& [url, password, is_refused] : {
           Case{"postgres://u:S3cr/etpw@127.0.0.1:1/db", "S3cr/etpw"},
           Case{"postgres://u:S3@cr/et@127.0.0.1:1/db", "S3@cr/et"},
           Case{"postgres://u:S3/cr@et@127.0.0.1:1/db", "S3/cr@et"},
           Case{"postgres://u:S3c@ret@127.0.0.1:1/db", "S3c@ret"},
           Case{"postgres://u:/S3cret@127.0.0.1:1/db", "/S3cret"},
           Case{"postgres://u:S3cret/@127.0.0.1:1/db", "S3cret/"},
           Case{"postgres://u:77777/S3cret@127.0.0.1:1/db", "77777/S3cret"},
           Case{"postgres://u:S3c%zzret@127.0.0.1:1/db", "S3c%zzret"},
           Case{"postgres://u:S3c%00ret@127.0.0.1:1/db", "S3c%00ret"},
           Case{"postgres://u:S3c%@127.0.0.1:1/db", "S3c%"},
           Case{"postgres://u:S3cret", "S3cret"},
           Case{"postgres://u:S3cr/et", "S3cr"},
           Case{"postgres://u:999999/db", "999999"},
           Case{"postgres://u:S3c?r=/et@127.0.0.1:1/db", "S3c?r=/et"},
           Case{"postgres://u:S3c://ret@127.0.0.1:1/db", "S3c://ret"},
           Case{"postgres://u:aaa@h1:1,v:S3cret@h2:2/db", "S3cret"},
           Case{"postgres://127.0.0.1:1/db?password=S3c@ret", "S3c@ret"},
           Case{"postgres://127.0.0.1:1/db?password=S3c&ret", "S3c&ret"},
           Case{"postgres://127.0.0.1:1/db?password=S3c=ret", "S3c=ret"},
           Case{"postgres://127.0.0.1:1/db?pass%77ord=S3cret", "S3cret"},
           Case{"postgres://127.0.0.1:1/db?passf%69le=/S3cret", "/S3cret"},
           Case{"postgres://127.0.0.1:1/db?passwort=S3cret", "S3cret"},
           Case{"postgres://127.0.0.1:1/db?port=S3cret", "S3cret"},
           Case{"postgress://u:S3cr/etpw@127.0.0.1:1/db", "S3cr/etpw"},
           Case{"Postgres://u:S3@cr/et@127.0.0.1:1/db", "S3@cr/et"},
           Case{"postgres:/u:S3cr/etpw@127.0.0.1:1/db", "S3cr/etpw"},
           Case{"u:S3cr://et@127.0.0.1:1/db", "S3cr://et"},
           Case{"u:S3cr/et@127.0.0.1:1/db", "S3cr/et"},
           Case{"host=127.0.0.1 port=1 password=S3cret", "S3cret"},
           Case{"postgres://u:S3c:ret@127.0.0.1:1/db", "S3c:ret", false},
           Case{"postgres://u:S3c?ret@127.0.0.1:1/db", "S3c?ret", false},
           Case{"postgres://u:S3c#ret@127.0.0.1:1/db", "S3c#ret", false},
           Case{"postgres://u:p?password=S3cret@127.0.0.1:1/db", "p?password=S3cret", false},
           Case{"postgres://u?password=x:S3cret@127.0.0.1:1/db", "S3cret", false},
           Case{"postgres://u:S3c%40%2Fret@127.0.0.1:1/db", "S3c@/ret", false},
           Case{"postgres://127.0.0.1:1/db?password=S3c:/ret", "S3c:/ret", false},
           Case{"postgres://127.0.0.1:1/db?sslpassword=S3cret&user=u", "S3cret", false},
           Case{"postgres://127.0.0.1:1/db?user=u&passfile=/S3cret/x", "/S3cret/x", false},
       }) {
    EXPECT_THAT(pieces_in(without_passwords(url), password), IsEmpty()) << url;
    const auto address = parse_postgres_address(url);
    EXPECT_EQ(!address, is_refused) << url;
    if (address) {
      EXPECT_THAT(pieces_in(address->shown, password), IsEmpty()) << url;
    } else {
      EXPECT_EQ(address.error().code, "configuration_invalid");
      EXPECT_THAT(address.error().message, AllOf(HasSubstr("percent-encoded"), HasSubstr("PGPASSFILE")));
    }
    const auto store = open_store(url);
    ASSERT_FALSE(store) << url;
    for (const std::string& text : {store.error().message, store.error().at}) {
      EXPECT_THAT(pieces_in(text, password), IsEmpty()) << url << ": " << text;
    }
  }
}

TEST(PostgresAddress, FilesAndOtherAddressesAreShownAsTheyAre) {
  for (const char* text : {"sqlite:/a:b@c/runs.db", "jsonl:/a@b", "https://host:1/v1?a=b", "openai/gpt@1", "mysql:x"}) {
    EXPECT_EQ(without_passwords(text), text);
  }
}

TEST(PostgresVersion, BelowFifteenIsRefusedWithBothVersions) {
  EXPECT_TRUE(check_postgres_version(150'000));
  EXPECT_TRUE(check_postgres_version(180'002));
  const auto old = check_postgres_version(140'013);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, "not_supported");
  EXPECT_THAT(old.error().message, ::testing::AllOf(HasSubstr("14.13"), HasSubstr("15")));
}

}  // namespace
}  // namespace orchestrator::harness::journal

// SPDX-License-Identifier: Apache-2.0
// Every route with every credential, Host and Origin: who may not is refused before anything else is looked at.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/routes/route_table.hpp"
#include "daemon/testing/running_daemon.hpp"

namespace orchestrator::daemon {
namespace {

using testing::Answer;
using testing::RunningDaemon;
using testing::wire;

std::string path_of(const Route& route) {
  std::string path(route.pattern);
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"{run_id}", "run_01K5D0000000000000000000AB"},
                                    {"{session_id}", "ses_01K5D0000000000000000000AB"},
                                    {"{interrupt_id}", "0123456789abcdef"},
                                    {"{name}", "none"},
                                    {"{hash}", std::string(64, '0')}}) {
    if (const std::size_t at = path.find(name); at != std::string::npos) path.replace(at, name.size(), value);
  }
  return path;
}

struct Client {
  std::string field;
  Role role;
  bool is_wrong;
};

TEST(RouteAccess, HoldsForEveryRouteCredentialHostAndOrigin) {
  RunningDaemon daemon(R"({"turns": [{"text": "Hello"}]})");
  const std::string port = std::to_string(daemon.port());
  std::vector<Client> clients{{"", Role::open, false}, {"Authorization: Bearer orc_wrong|", Role::open, true}};
  for (const Role role : {Role::read, Role::run, Role::approve, Role::admin}) {
    clients.push_back({"Authorization: Bearer " + RunningDaemon::token_of(role) + "|", role, false});
  }
  const std::vector<std::pair<std::string, bool>> hosts{
      {"127.0.0.1:" + port, true}, {"localhost:" + port, true}, {"evil.test:" + port, false}};
  std::size_t asked = 0;
  for (const Route& route : route_table()) {
    for (const Client& client : clients) {
      for (const auto& [host, is_host_good] : hosts) {
        const std::vector<std::pair<std::string, bool>> origins{{"", true},
                                                                {"Origin: http://" + host + "|", is_host_good},
                                                                {"Origin: http://evil.test|", false},
                                                                {"Origin: null|", false},
                                                                {"Sec-Fetch-Site: cross-site|", false}};
        for (const auto& [origin, is_origin_good] : origins) {
          const std::string text = std::string(name_of(route.method)) + " " + path_of(route) +
                                   " HTTP/1.1|Host: " + host + "|Connection: close|" + client.field + origin + "|";
          const Answer answer = testing::ask(daemon.port(), wire(text));
          SCOPED_TRACE(text);
          asked += 1;
          EXPECT_EQ(answer.head.find("Access-Control"), std::string::npos);
          if (!is_host_good) {
            EXPECT_EQ(answer.status, 421U);
          } else if (!is_origin_good) {
            EXPECT_EQ(answer.status, 403U);
          } else if (client.is_wrong) {
            EXPECT_TRUE(answer.status == 401 || answer.status == 429) << answer.status;
          } else if (client.role == Role::open && route.role != Role::open) {
            EXPECT_EQ(answer.status, 401U);
          } else if (client.role < route.role) {
            EXPECT_EQ(answer.status, 403U);
          } else {
            EXPECT_TRUE(answer.status != 401 && answer.status != 403 && answer.status != 421) << answer.status;
          }
        }
      }
    }
  }
  EXPECT_EQ(asked, route_table().size() * 6 * 3 * 5);
}

TEST(RouteAccess, TellsStrangersNothing) {
  RunningDaemon daemon(R"({"turns": [{"text": "Hello"}]})");
  const std::string port = std::to_string(daemon.port());
  const auto status = [&](const std::string& text) { return testing::ask(daemon.port(), wire(text)).status; };
  EXPECT_EQ(status("GET /nothing HTTP/1.1|Host: 127.0.0.1:" + port + "|Connection: close||"), 401U);
  EXPECT_EQ(status("PUT /v1/runs HTTP/1.1|Host: 127.0.0.1:" + port + "|Connection: close||"), 401U);
  EXPECT_EQ(daemon.call("GET", "/nothing").status, 404U);
  const Answer refused = daemon.call("PUT", "/v1/runs");
  EXPECT_EQ(refused.status, 405U);
  EXPECT_NE(refused.head.find("Allow: GET, HEAD, POST\r\n"), std::string::npos) << refused.head;
  const Answer options = daemon.call("OPTIONS", "/v1/runs");
  EXPECT_EQ(options.status, 405U);
  EXPECT_EQ(options.head.find("Access-Control"), std::string::npos);
}

// `|` is CRLF, PORT the daemon's port, GOOD a good token: requests as attackers send them, and what they get.
TEST(RouteAccess, RefusesRawRequests) {
  RunningDaemon daemon(R"({"turns": [{"text": "Hello"}]})");
  const auto status = [&](std::string text) {
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"PORT", std::to_string(daemon.port())},
                                      {"GOOD", RunningDaemon::token_of(Role::admin)}}) {
      for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) text.replace(at, 4, value);
    }
    testing::HttpClient client(daemon.port());
    client.send(wire(text));
    const std::string& bytes = client.read_all();
    std::size_t answers = 0;
    for (std::size_t at = bytes.find("HTTP/1.1 "); at != std::string::npos; at = bytes.find("HTTP/1.1 ", at + 1))
      answers += 1;
    EXPECT_EQ(answers, 1U) << text << "\n" << bytes;
    return testing::parse_answer(bytes).status;
  };
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Origin: http://evil.test|Content-Type: "
                   "text/plain|Content-Length: 2||{}"),
            403U);
  EXPECT_EQ(
      status("GET /v1/runs/1/events HTTP/1.1|Host: evil.test:PORT|Authorization: Bearer GOOD|Connection: close||"),
      421U);
  EXPECT_EQ(status("GET / HTTP/1.1|Host: evil.test:PORT|Connection: close||"), 421U);
  EXPECT_EQ(status("OPTIONS /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Origin: null|Access-Control-Request-Method: "
                   "POST|Connection: close||"),
            403U);
  EXPECT_EQ(
      status(
          "GET /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Sec-Fetch-Site: cross-site|Cookie: s=GOOD|Connection: close||"),
      403U);
  EXPECT_EQ(status("GET http://evil.test/v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer GOOD||"), 421U);
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Content-Length: 4|Transfer-Encoding: chunked||0||GET "
                   "/v1/runs HTTP/1.1||"),
            400U);
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer GOOD|Content-Type: "
                   "application/json|Transfer-Encoding: chunked||1;x=\n1|a|0||"),
            400U);
  for (const char* path : {"/v1/runs", "/v1/runs/run_01K5D0000000000000000000AB/hints"}) {
    EXPECT_EQ(status("POST " + std::string(path) +
                     " HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer GOOD|Content-Type: application/json"
                     "|Connection: close|Transfer-Encoding: chunked||0||"),
              400U);
  }
  EXPECT_EQ(status("GET /v1/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer "
                   "GOOD|Connection: close||"),
            400U);
  EXPECT_EQ(status("GET /v1/runs/1/events?token=GOOD HTTP/1.1|Host: 127.0.0.1:PORT|Connection: close||"), 401U);
  EXPECT_EQ(status("GET /v1/runs/run_01K5D0000000000000000000AB/events HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: "
                   "Bearer GOOD|Last-Event-ID: 18446744073709551616|Connection: close||"),
            400U);
  EXPECT_EQ(status("GET /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|x-api-key: REVOKED|Authorization: Bearer "
                   "GOOD|Connection: close||"),
            400U);
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Content-Type: application/json|Content-Length: "
                   "2|Expect: 100-continue||"),
            401U);
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer GOOD|Content-Type: "
                   "application/json|Content-Length: 1048577||"),
            413U);
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer GOOD|Content-Type: "
                   "text/plain|Content-Length: 2||{}"),
            415U);
  EXPECT_EQ(status("POST /v1/runs HTTP/1.1|Host: 127.0.0.1:PORT|Authorization: Bearer GOOD|Content-Type: "
                   "application/json|Content-Encoding: gzip|Content-Length: 2||{}"),
            415U);
}

}  // namespace
}  // namespace orchestrator::daemon

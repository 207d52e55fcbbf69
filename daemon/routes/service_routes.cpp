// SPDX-License-Identifier: Apache-2.0
// The daemon itself: whether it lives, whether it is ready, what it is, what it counts, what it offers.

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>

#include "daemon/routes/open_api.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "event/runtime_version.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view kStatusSchema =
    R"json({"type": "object", "additionalProperties": false, "required": ["status"], "properties": {"status": {"const": "ok"}}})json";

asio::awaitable<Reply> get_health(Call) { co_return json_reply(200, R"json({"status":"ok"})json"); }

asio::awaitable<Reply> get_readiness(Call call) {
  harness::RunFilter filter;
  filter.limit = 1;
  auto runs = co_await call.service->harness().store()->list(std::move(filter));
  if (!runs) {
    ApiError error = to_api_error(runs.error());
    error.status = 503;
    co_return to_reply(error);
  }
  co_return json_reply(200, R"json({"status":"ok"})json");
}

asio::awaitable<Reply> get_version(Call) {
  const json::object version{{"version", harness::event::runtime_version()}, {"api", "v1"}};
  co_return json_reply(200, json::serialize(version));
}

asio::awaitable<Reply> get_open_api(Call) { co_return json_reply(200, open_api_document()); }

void append_metric(std::string& text, std::string_view name, std::string_view type, std::string_view help,
                   std::uint64_t value) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
  text.append(type).append("\n").append(name).append(" ").append(std::to_string(value)).append("\n");
}

asio::awaitable<Reply> get_metrics(Call call) {
  std::string text = "# HELP orchestrator_build_info The version that runs.\n# TYPE orchestrator_build_info gauge\n";
  text.append("orchestrator_build_info{version=\"").append(harness::event::runtime_version()).append("\"} 1\n");
  const auto age = std::chrono::steady_clock::now() - call.service->started_at();
  append_metric(text, "orchestrator_uptime_seconds", "gauge", "Time since the daemon started.",
                static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count()));
  append_metric(text, "orchestrator_event_streams", "gauge", "Event streams that are open.",
                call.service->streams_open);
  append_metric(text, "orchestrator_run_feeds", "gauge", "Runs that somebody follows.", call.service->feeds().size());
  if (const ServerCounts* counts = call.service->counts(); counts != nullptr) {
    append_metric(text, "orchestrator_http_connections", "gauge", "Connections that are open.",
                  counts->connections_open);
    append_metric(text, "orchestrator_http_connections_total", "counter", "Connections that were taken.",
                  counts->connections);
    text.append("# HELP orchestrator_http_requests_total Requests by the class of their status.\n");
    text.append("# TYPE orchestrator_http_requests_total counter\n");
    for (unsigned kind = 1; kind < 6; ++kind) {
      text.append("orchestrator_http_requests_total{status=\"").append(std::to_string(kind)).append("xx\"} ");
      text.append(std::to_string(counts->requests[kind])).append("\n");
    }
  }
  co_return text_reply(200, "text/plain; version=0.0.4; charset=utf-8", std::move(text));
}

}  // namespace

std::vector<Route> service_routes() {
  return {
      {.method = Method::get,
       .pattern = "/healthz",
       .id = "getHealth",
       .summary = "Whether the daemon lives",
       .role = Role::open,
       .answers = {{.summary = "It does", .schema = kStatusSchema, .example = R"json({"status":"ok"})json"}},
       .handler = get_health},
      {.method = Method::get,
       .pattern = "/readyz",
       .id = "getReadiness",
       .summary = "Whether the store can be read",
       .role = Role::read,
       .answers = {{.summary = "It can", .schema = kStatusSchema, .example = R"json({"status":"ok"})json"}},
       .handler = get_readiness},
      {.method = Method::get,
       .pattern = "/version",
       .id = "getVersion",
       .summary = "Which version runs",
       .role = Role::read,
       .answers = {{.summary = "The version",
                    .schema = R"json({"type": "object", "additionalProperties": false, "required": ["version", "api"],
                      "properties": {"version": {"type": "string"}, "api": {"type": "string"}}})json",
                    .example = R"json({"version":"0.3.0","api":"v1"})json"}},
       .handler = get_version},
      {.method = Method::get,
       .pattern = "/metrics",
       .id = "getMetrics",
       .summary = "What the daemon counts, as Prometheus reads it",
       .role = Role::read,
       .answers = {{.summary = "The metrics", .media_type = "text/plain", .example = "orchestrator_uptime_seconds 12"}},
       .handler = get_metrics},
      {.method = Method::get,
       .pattern = "/openapi.json",
       .id = "getOpenApi",
       .summary = "This interface as an OpenAPI 3.1 document",
       .role = Role::read,
       .answers = {{.summary = "The document",
                    .schema = R"json({"type": "object", "required": ["openapi", "info", "paths"]})json",
                    .example =
                        R"json({"openapi":"3.1.0","info":{"title":"orchestrator","version":"0.3.0"},"paths":{}})json"}},
       .handler = get_open_api},
  };
}

}  // namespace orchestrator::daemon

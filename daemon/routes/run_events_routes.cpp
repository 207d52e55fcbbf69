// SPDX-License-Identifier: Apache-2.0
// The events of a run: a page of them, or the stream of those to come.

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "daemon/events/event_stream.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;

constexpr const char* kEpochField = "Orchestrator-Epoch";
constexpr std::uint64_t kSeqMax = (1ULL << 53) - 1;
constexpr std::size_t kPageBytes = 1UL << 20;
constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLookedAtMax = 10'000;  // events in one request, whether they are asked for or not

std::set<std::string, std::less<>> types_of(const Arguments& arguments) {
  std::set<std::string, std::less<>> types;
  const std::string text = arguments.text("type").value_or("");
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    if (end > start) types.insert(text.substr(start, end - start));
    start = end + 1;
  }
  return types;
}

bool wants_stream(const RequestHead& head) {
  const auto accept = head.fields.find("Accept");
  return accept && accept->find("text/event-stream") != std::string_view::npos;
}

/// Counts a stream for as long as it lives.
class OpenStream {
 public:
  explicit OpenStream(Service& service) : service_(service) { service_.streams_open += 1; }
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;
  ~OpenStream() { service_.streams_open -= 1; }

 private:
  Service& service_;
};

/// Who follows a run, and what of.
struct Following {
  std::shared_ptr<Service> service;  // shared with the daemon
  harness::RunId run_id;
  std::shared_ptr<RunFeed> feed;
  std::shared_ptr<harness::RunHandle> reader;
  StreamOrder order;
  bool is_reset = false;  // what the client knows of the run no longer holds
};

/// Takes the run as it is now, where it is another one than the feed's. False where it is not, or cannot be read.
asio::awaitable<bool> begin_anew(Following* following) {
  const auto epoch = co_await harness::runtime::epoch_of(following->service->harness().store(), following->run_id);
  if (!epoch || *epoch == following->feed->epoch()) co_return false;
  auto feed = co_await following->service->feeds().open(following->run_id);
  if (!feed || (*feed)->epoch() == following->feed->epoch()) co_return false;
  auto opened = co_await following->service->harness().async_open_run(following->run_id);
  if (!opened) co_return false;
  following->feed = *std::move(feed);
  following->reader = std::make_shared<harness::RunHandle>(*std::move(opened));
  following->order.after_seq = 0;
  following->is_reset = true;
  co_return true;
}

asio::awaitable<void> write_stream(Following following, BodyWriter* writer) {
  const OpenStream open(*following.service);
  std::vector<SharedText> first;
  first.push_back(std::make_shared<const std::string>("retry: 1000\n\n"));
  for (;;) {
    if (following.is_reset) {
      first.push_back(notice_frame("reset", "{\"after\":0,\"epoch\":" + std::to_string(following.feed->epoch()) + "}"));
    }
    bool goes_on = co_await writer->write(std::move(first));
    if (!goes_on) co_return;
    auto streaming = stream_events(following.feed, following.reader, following.order, writer);
    goes_on = co_await std::move(streaming);
    if (!goes_on) co_return;
    auto beginning = begin_anew(&following);
    const bool is_another = co_await std::move(beginning);
    if (!is_another) co_return;
    first.clear();
  }
}

asio::awaitable<Reply> stream_reply(Call call, std::uint64_t after) {
  constexpr std::size_t kStreamsMax = 4'000;  // fewer than connections, so that other requests pass
  auto service = call.service;
  const harness::RunId run_id = call.arguments.run_id();
  if (call.head.version_minor == 0) {
    co_return to_reply({.status = 505, .code = "http_version_not_supported", .message = "streams need HTTP/1.1"});
  }
  if (service->streams_open >= kStreamsMax) {
    co_return to_reply({.status = 429,
                        .code = "too_many_streams",
                        .message = "there are too many event streams",
                        .limit = std::uint64_t{kStreamsMax}});
  }
  auto feed = co_await service->feeds().open(run_id);
  if (!feed) co_return to_reply(to_api_error(feed.error()));
  auto opened = co_await service->harness().async_open_run(run_id);
  if (!opened) co_return to_reply(to_api_error(opened.error()));
  // What it has seen is not what is here: the run was changed since, or the cursor is one of another journal.
  const bool is_stale = call.arguments.number("epoch").value_or((*feed)->epoch()) != (*feed)->epoch();
  const bool is_reset = (is_stale && after > 0) || after >= (*feed)->next_seq();
  const bool is_over = (*feed)->is_closed() && !(*feed)->error() && after + 1 == (*feed)->next_seq();
  if (is_over && !is_reset) {
    Reply nothing;
    nothing.status = 204;  // which tells an EventSource not to come again
    co_return nothing;
  }
  Following following{service, run_id, *std::move(feed), {}, {}, is_reset};
  following.order.after_seq = is_reset ? 0 : after;
  following.order.types = types_of(call.arguments);
  following.order.batch = std::chrono::milliseconds(call.arguments.number("batch_ms").value_or(0));
  following.order.is_allowed = [service, principal = call.principal] { return service->tokens().is_valid(principal); };
  following.reader = std::make_shared<harness::RunHandle>(*std::move(opened));
  Reply reply = text_reply(200, "text/event-stream", {});
  reply.fields.add(kEpochField, std::to_string(following.feed->epoch()));
  reply.stream = [following](BodyWriter& writer) { return write_stream(following, &writer); };
  co_return reply;
}

/// A page of JSON, with the epoch of the run that it is of.
Reply page_of(std::string_view events, const std::string& next_after, std::uint64_t head, std::uint64_t epoch,
              bool is_reset) {
  Reply reply = json_reply(200, "{\"events\":[" + std::string(events) + "],\"next_after\":" + next_after +
                                    ",\"head\":" + std::to_string(head) + ",\"epoch\":" + std::to_string(epoch) +
                                    ",\"reset\":" + (is_reset ? "true" : "false") + "}");
  reply.fields.add(kEpochField, std::to_string(epoch));
  return reply;
}

asio::awaitable<Reply> page_reply(Call call, std::uint64_t after) {
  const harness::RunId run_id = call.arguments.run_id();
  const auto types = types_of(call.arguments);
  const std::uint64_t limit = call.arguments.number("limit").value_or(kLimitDefault);
  const auto store = call.service->harness().store();
  const auto epoch = co_await harness::runtime::epoch_of(store, run_id);
  if (!epoch) co_return to_reply(to_api_error(epoch.error()));
  auto summary = co_await call.service->runs().get(run_id);
  if (!summary) co_return to_reply(to_api_error(summary.error()));
  if (after > 0 && call.arguments.number("epoch").value_or(*epoch) != *epoch) {
    co_return page_of({}, "0", summary->events, *epoch, true);
  }
  auto opened = co_await call.service->harness().async_open_run(run_id);
  if (!opened) co_return to_reply(to_api_error(opened.error()));
  harness::RunHandle reader = opened->reader(after);
  const std::uint64_t head = summary->events;
  std::string events;
  std::uint64_t seen = after;
  for (std::uint64_t count = 0; count < limit && seen < head && events.size() < kPageBytes;) {
    if (seen - after >= kLookedAtMax) break;
    auto event = co_await reader.next();
    if (!event) co_return to_reply(to_api_error(event.error()));
    if (!*event) break;
    seen = (*event)->meta.seq;
    if (!types.empty() && !types.contains((*event)->type())) continue;
    if (!events.empty()) events.push_back(',');
    events.append((*event)->json());
    count += 1;
  }
  // Asked for after the events, so that those of a new form never pass for ones of the old.
  const auto epoch_after = co_await harness::runtime::epoch_of(store, run_id);
  if (!epoch_after) co_return to_reply(to_api_error(epoch_after.error()));
  if (*epoch_after != *epoch) co_return page_of({}, "0", head, *epoch_after, true);
  co_return page_of(events, seen < head ? std::to_string(seen) : "null", head, *epoch, false);
}

asio::awaitable<Reply> get_events(Call call) {
  // A reconnecting EventSource says where it was in a field, and keeps the address that it first had.
  auto after = call.arguments.number("Last-Event-ID");
  if (!after) after = call.arguments.number("after");
  const std::uint64_t from = after.value_or(0);
  if (wants_stream(call.head)) co_return co_await stream_reply(std::move(call), from);
  co_return co_await page_reply(std::move(call), from);
}

}  // namespace

std::vector<Route> run_events_routes() {
  using Kind = Parameter::Kind;
  return {
      {.method = Method::get,
       .pattern = "/v1/runs/{run_id}/events",
       .id = "getRunEvents",
       .summary = "A page of a run's events; with Accept: text/event-stream those to come as well",
       .role = Role::read,
       .parameters = {run_id_parameter(),
                      {.name = "after",
                       .summary = "The seq of the last event that is known",
                       .kind = Kind::number,
                       .most = kSeqMax,
                       .error_code = "invalid_event_id"},
                      {.name = "epoch",
                       .summary = "The Orchestrator-Epoch of the answer that after is from",
                       .kind = Kind::number,
                       .least = 1,
                       .most = kSeqMax},
                      limit_parameter(1'000),
                      {.name = "type", .summary = "Types of events, separated by commas", .most = 2'048},
                      {.name = "batch_ms",
                       .summary = "Gathers the events of so many milliseconds into one frame of a stream",
                       .kind = Kind::number,
                       .most = 1'000},
                      {.place = Parameter::Place::field,
                       .name = "Last-Event-ID",
                       .summary = "As after, and before it",
                       .kind = Kind::number,
                       .most = kSeqMax,
                       .error_code = "invalid_event_id"}},
       .answers = {{.summary = "The events",
                    .schema = R"json({"type": "object", "additionalProperties": false,
                      "required": ["events", "next_after", "head", "epoch", "reset"],
                      "properties": {"events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
                                     "next_after": {"type": ["integer", "null"]},
                                     "head": {"type": "integer", "minimum": 0},
                                     "epoch": {"type": "integer", "minimum": 1},
                                     "reset": {"type": "boolean"}}})json",
                    .example = R"json({"events": [], "next_after": null, "head": 12, "epoch": 1, "reset": false})json"},
                   {.summary = "The stream",
                    .media_type = "text/event-stream",
                    .example = "id: 1\nevent: RunStarted\ndata: {}\n\n"},
                   {.status = 204, .summary = "The run has ended and all of it is known", .media_type = ""}},
       .handler = get_events},
  };
}

}  // namespace orchestrator::daemon

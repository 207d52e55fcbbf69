// SPDX-License-Identifier: Apache-2.0
#include "event/canonical_event.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

#include "event/exact_json.hpp"
#include "event/field_decoder.hpp"
#include "event/field_encoder.hpp"
#include "event/hash_chain.hpp"
#include "event/json_slices.hpp"
#include "event/upcaster.hpp"

namespace orchestrator::harness::event {
namespace {

// Events of this build nest under 12 levels (raw JSON is kept as a string); the rest is for types of later builds.
constexpr std::size_t kEventDepthMax = 128;
// What most events take while they are parsed; larger ones take more from the heap.
constexpr std::size_t kParsedBytes = 4096;

std::unexpected<Error> damaged(const FieldError& error) {
  return fail(RuntimeErrorCode::journal_damaged, "the event does not read: " + error.message, error.path);
}

FieldResult read_meta(const boost::json::object& object, EventMeta& meta) {
  if (auto read = read_member(object, "run_id", meta.run_id); !read) return read;
  if (auto read = read_member(object, "session_id", meta.session_id); !read) return read;
  if (auto read = read_member(object, "trace_id", meta.trace_id); !read) return read;
  if (auto read = read_member(object, "span_id", meta.span_id); !read) return read;
  if (object.contains("parent_span_id")) {
    if (auto read = read_member(object, "parent_span_id", meta.parent_span_id.emplace()); !read) return read;
  }
  if (auto read = read_member(object, "seq", meta.seq); !read) return read;
  if (auto read = read_member(object, "at", meta.at); !read) return read;
  return read_member(object, "elapsed_us", meta.elapsed_us);
}

// The slice of the data member and the text before its comma.
struct EventSlices {
  std::string_view envelope;
  std::string_view data;
};
std::optional<EventSlices> slices_of(std::string_view bytes) {
  const auto member = member_slice(bytes, "data");
  if (!member) return std::nullopt;
  const std::string_view data = *member;
  constexpr std::string_view kBefore = ",\"data\":";
  const auto data_at = static_cast<std::size_t>(data.data() - bytes.data());
  if (data_at + data.size() + 1 != bytes.size()) return std::nullopt;  // it is not the last member
  if (data_at < kBefore.size() || bytes.substr(data_at - kBefore.size(), kBefore.size()) != kBefore) {
    return std::nullopt;
  }
  return EventSlices{bytes.substr(0, data_at - kBefore.size()), data};
}

// The digest inside `{"erased":"<64 hex>"}`, or nothing.
std::optional<Hash> erased_digest(std::string_view data) {
  if (!data.starts_with("{\"erased\":")) return std::nullopt;
  const auto members = object_slices(data);
  if (!members || members->size() != 1 || members->front().first != "erased") return std::nullopt;
  std::string_view digest = members->front().second;
  if (digest.size() != 66) return std::nullopt;
  return Hash::parse(digest.substr(1, 64));
}

Result<boost::json::object> parse_object(std::string_view bytes, boost::json::storage_ptr storage) {
  auto value = parse_exact(bytes, kEventDepthMax, std::move(storage));
  if (!value) return fail(RuntimeErrorCode::journal_damaged, "the event is " + value.error().message);
  if (!value->is_object()) return fail(RuntimeErrorCode::journal_damaged, "the event is not a JSON object");
  return std::move(value->get_object());
}

}  // namespace

void append_envelope(std::string& out, const EventMeta& meta, std::string_view type) {
  out += "{\"v\":";
  append_value(out, kEventVersion);
  out += ",\"run_id\":";
  append_value(out, meta.run_id);
  out += ",\"session_id\":";
  append_value(out, meta.session_id);
  out += ",\"trace_id\":";
  append_value(out, meta.trace_id);
  out += ",\"span_id\":";
  append_value(out, meta.span_id);
  if (meta.parent_span_id) {
    out += ",\"parent_span_id\":";
    append_value(out, *meta.parent_span_id);
  }
  out += ",\"seq\":";
  append_value(out, meta.seq);
  out += ",\"at\":";
  append_value(out, meta.at);
  out += ",\"elapsed_us\":";
  append_value(out, meta.elapsed_us);
  out += ",\"type\":";
  append_json_string(out, type);
}

void append_data(std::string& out, const StreamEvent::Payload& payload) {
  std::visit(
      [&](const auto& data) {
        if constexpr (std::is_same_v<std::decay_t<decltype(data)>, events::Unknown>) {
          out += data.data.text;
        } else {
          append_value(out, data);
        }
      },
      payload);
}

void append_item(std::string& out, const ConversationItem& item) { append_value(out, item); }

bool is_strict_type(std::string_view type) {
  constexpr std::array<std::string_view, 6> kSoft{"OutputDelta",      "ReasoningDelta",    "ToolArgumentsDelta",
                                                  "ContextAssembled", "ProviderRequested", "ProviderResponded"};
  return std::ranges::find(kSoft, type) == kSoft.end();
}

CanonicalEvent encode_event(const StreamEvent& event, const Hash& previous) {
  CanonicalEvent result;
  result.bytes.reserve(512);
  append_envelope(result.bytes, event.meta, event.type());
  const std::size_t envelope_size = result.bytes.size();
  result.bytes += ",\"data\":";
  const std::size_t data_at = result.bytes.size();
  append_data(result.bytes, event.payload);
  const std::string_view bytes = result.bytes;
  result.hash = chain_hash(previous, bytes.substr(0, envelope_size), sha256(bytes.substr(data_at)));
  result.bytes.push_back('}');
  return result;
}

Result<Hash> chain_hash_of_bytes(const Hash& previous, std::string_view bytes) {
  const auto slices = slices_of(bytes);
  if (!slices) return fail(RuntimeErrorCode::journal_damaged, "the event has no envelope and data");
  const auto erased = erased_digest(slices->data);
  return chain_hash(previous, slices->envelope, erased ? *erased : sha256(slices->data));
}

Result<StreamEvent> decode_event(std::string_view bytes) {
  const auto slices = slices_of(bytes);
  if (!slices) return fail(RuntimeErrorCode::journal_damaged, "the event has no envelope and data");
  // The parsed text goes with this call, all at once.
  std::array<unsigned char, kParsedBytes> room{};
  boost::json::monotonic_resource parsed_storage(room.data(), room.size());
  auto parsed = parse_object(bytes, &parsed_storage);
  if (!parsed) return std::unexpected(parsed.error());

  std::uint32_t version = 0;
  std::string type;
  StreamEvent event;
  if (auto read = read_member(*parsed, "v", version); !read) return damaged(read.error());
  if (auto read = read_member(*parsed, "type", type); !read) return damaged(read.error());
  if (auto read = read_meta(*parsed, event.meta); !read) return damaged(read.error());
  boost::json::value& data = parsed->at("data");
  if (!data.is_object()) return damaged({"/data", "expected an object"});
  if (erased_digest(slices->data)) {
    event.payload = events::Unknown{std::move(type), RawJson{std::string(slices->data)}};
    return event;
  }
  if (auto done = upcast(upcasters(), type, version, kEventVersion, data.get_object()); !done) {
    return std::unexpected(done.error());
  }
  auto found = read_alternative(data.get_object(), type, event.payload);
  if (!found) return damaged({"/data" + found.error().path, found.error().message});
  if (!*found) event.payload = events::Unknown{std::move(type), RawJson{std::string(slices->data)}};
  return event;
}

}  // namespace orchestrator::harness::event

namespace orchestrator::harness {

std::string_view StreamEvent::type() const {
  if (const auto* unknown = get_if<Unknown>()) return unknown->type;
  return event::name_of_index<Payload>(payload.index());
}

bool StreamEvent::is_terminal() const {
  return std::holds_alternative<Completed>(payload) || std::holds_alternative<Error>(payload) ||
         std::holds_alternative<Aborted>(payload);
}

bool StreamEvent::is_strict() const { return event::is_strict_type(type()); }

std::string StreamEvent::json() const {
  std::string out;
  event::append_envelope(out, meta, type());
  out += ",\"data\":";
  event::append_data(out, payload);
  out.push_back('}');
  return out;
}

}  // namespace orchestrator::harness

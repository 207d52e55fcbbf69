// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/open_api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

#include "daemon/routes/route_table.hpp"
#include "event/runtime_version.hpp"

namespace orchestrator::daemon {
namespace {

namespace json = boost::json;

json::object reference(std::string_view name) {
  json::object out;
  out["$ref"] = "#/components/" + std::string(name);
  return out;
}

std::string_view place_word(Parameter::Place place) {
  switch (place) {
    case Parameter::Place::path:
      return "path";
    case Parameter::Place::query:
      return "query";
    case Parameter::Place::field:
      return "header";
  }
  return "";
}

json::object parameter_object(const Parameter& parameter) {
  json::object out;
  out["name"] = parameter.name;
  out["in"] = place_word(parameter.place);
  out["description"] = parameter.summary;
  out["required"] = parameter.place == Parameter::Place::path;
  out["schema"] = json::parse(schema_of(parameter));
  return out;
}

json::object content_object(std::string_view media_type, std::string_view schema, std::string_view example) {
  json::object media;
  media["schema"] = schema.empty() ? json::value(json::object{{"type", "string"}}) : json::parse(schema);
  if (!example.empty()) media["example"] = schema.empty() ? json::value(example) : json::parse(example);
  json::object out;
  out[media_type] = std::move(media);
  return out;
}

json::object answers_object(const Route& route) {
  json::object out;
  for (const AnswerRule& answer : route.answers) {
    json::object& one = out[std::to_string(answer.status)].is_object()
                            ? out[std::to_string(answer.status)].as_object()
                            : out[std::to_string(answer.status)].emplace_object();
    one["description"] = answer.summary;
    if (answer.media_type.empty()) continue;
    json::object content = content_object(answer.media_type, answer.schema, answer.example);
    if (!one.contains("content")) one["content"] = json::object();
    for (auto& [name, media] : content) one["content"].as_object()[name] = std::move(media);
  }
  out["default"] = reference("responses/Refused");
  return out;
}

json::object operation_object(const Route& route) {
  json::object out;
  out["operationId"] = route.id;
  out["summary"] = route.summary;
  if (!route.parameters.empty()) {
    json::array parameters;
    for (const Parameter& parameter : route.parameters) parameters.emplace_back(parameter_object(parameter));
    out["parameters"] = std::move(parameters);
  }
  if (route.body) {
    json::object body;
    body["required"] = route.body->required;
    body["content"] = content_object(route.body->media_type, route.body->schema, route.body->example);
    out["requestBody"] = std::move(body);
  }
  out["responses"] = answers_object(route);
  out["x-role"] = name_of(route.role);
  if (route.role == Role::open) out["security"] = json::array();
  return out;
}

json::object components_object() {
  json::object schemas;
  for (const auto& [name, text] : component_schemas()) schemas[name] = json::parse(text);
  json::object refused;
  refused["description"] = "The request was refused";
  refused["content"] = content_object("application/json", R"json({"$ref": "#/components/schemas/Error"})json", {});
  json::object responses;
  responses["Refused"] = std::move(refused);
  json::object token{{"type", "http"}, {"scheme", "bearer"}};
  json::object security;
  security["token"] = std::move(token);
  json::object out;
  out["schemas"] = std::move(schemas);
  out["responses"] = std::move(responses);
  out["securitySchemes"] = std::move(security);
  return out;
}

}  // namespace

std::string open_api_document() {
  json::object paths;
  for (const Route& route : route_table()) {
    if (!paths.contains(route.pattern)) paths[route.pattern] = json::object();
    std::string method(name_of(route.method));
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[route.pattern].as_object()[method] = operation_object(route);
  }
  json::object info{{"title", "orchestrator"}, {"version", harness::event::runtime_version()}};
  info["license"] = json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}};
  json::object needed;
  needed["token"] = json::array();
  json::object document;
  document["openapi"] = "3.1.0";
  document["info"] = std::move(info);
  document["servers"] = json::array{json::object{{"url", "http://127.0.0.1:7717"}}};
  document["security"] = json::array{std::move(needed)};
  document["paths"] = std::move(paths);
  document["components"] = components_object();
  return json::serialize(document);
}

}  // namespace orchestrator::daemon

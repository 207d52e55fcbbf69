// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/open_api.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <set>
#include <string>

#include "codec/json_schema/json_schema.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/routes/router.hpp"

namespace orchestrator::daemon {
namespace {

void expect_example_fits(std::string_view schema, std::string_view example) {
  const auto compiled = harness::codec::JsonSchema::compile(self_contained_schema(schema));
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto violations = compiled->check_text(example);
  ASSERT_TRUE(violations) << example;
  for (const auto& violation : *violations) ADD_FAILURE() << violation.pointer << " " << violation.message;
}

TEST(RouteTable, SaysEverythingOfEveryRoute) {
  std::set<std::string_view> ids;
  std::set<std::pair<Method, std::string_view>> places;
  for (const Route& route : route_table()) {
    SCOPED_TRACE(route.pattern);
    EXPECT_TRUE(ids.insert(route.id).second) << route.id;
    EXPECT_TRUE(places.emplace(route.method, route.pattern).second);
    EXPECT_FALSE(route.summary.empty());
    EXPECT_NE(route.handler, nullptr);
    EXPECT_FALSE(route.answers.empty());
    for (const AnswerRule& answer : route.answers) {
      EXPECT_FALSE(answer.summary.empty());
      if (answer.media_type.empty()) continue;
      EXPECT_FALSE(answer.example.empty());
      if (answer.media_type != "application/json") continue;
      ASSERT_FALSE(answer.schema.empty());
      expect_example_fits(answer.schema, answer.example);
    }
    const bool takes_body =
        route.method == Method::post || route.method == Method::put || route.method == Method::patch;
    EXPECT_EQ(route.body.has_value(), takes_body);
    if (route.body) EXPECT_FALSE(route.body->example.empty());
    if (route.body && route.body->is_json()) expect_example_fits(route.body->schema, route.body->example);
    std::set<std::string> in_path;
    for (const Parameter& parameter : route.parameters) {
      EXPECT_FALSE(parameter.summary.empty());
      if (parameter.place == Parameter::Place::path) in_path.insert("{" + std::string(parameter.name) + "}");
    }
    std::set<std::string> in_pattern;
    const auto parts = path_parts(route.pattern);
    for (const std::string& part : *parts) {
      if (part.starts_with('{')) in_pattern.insert(part);
    }
    EXPECT_EQ(in_path, in_pattern);
  }
}

TEST(OpenApi, HoldsEveryRoute) {
  const auto document = boost::json::parse(open_api_document());
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  std::size_t operations = 0;
  for (const auto& [path, methods] : document.at("paths").as_object()) operations += methods.as_object().size();
  EXPECT_EQ(operations, route_table().size());
  EXPECT_TRUE(document.at("components").at("schemas").as_object().contains("Run"));
  EXPECT_EQ(open_api_document(), open_api_document());
}

}  // namespace
}  // namespace orchestrator::daemon

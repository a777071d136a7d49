#include "actors/runtime/setting_values.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using limits::kib;
using limits::mib;

namespace {

settings applied(const std::vector<std::string>& assignments) {
  setting_values values;
  for (auto& assignment : assignments)
    REQUIRE(values.set(assignment).has_value());
  settings made;
  made.inputs.resize(1);
  auto done = values.apply(made, 2);
  INFO((done ? std::string{} : done.error().message()));
  REQUIRE(done.has_value());
  return made;
}

error refused(const std::vector<std::string>& assignments) {
  setting_values values;
  settings made;
  made.inputs.resize(1);
  for (auto& assignment : assignments)
    if (auto done = values.set(assignment); !done)
      return done.error();
  auto done = values.apply(made, 2);
  REQUIRE_FALSE(done.has_value());
  return done.error();
}

} // namespace

TEST_CASE("each setting arrives where it belongs", "[settings]") {
  auto made = applied({"memory.limit=2GiB", "exchange.memory=100MiB", "log.limit=4GiB", "max_batch_bytes=1MiB",
                       "max_receiver_bytes=3MiB", "max_batches_in_flight=2", "max_unpublished_bytes=5m",
                       "max_record_bytes=65536", "block_interval=2ms"});
  CHECK(made.memory_limit == 2048 * mib);
  CHECK(made.exchange_bytes == 100 * mib);
  CHECK(made.log_limit == 4096 * mib);
  CHECK(made.max_batch_bytes == mib);
  CHECK(made.max_receiver_bytes == 3 * mib);
  CHECK(made.max_batches_in_flight == 2);
  CHECK(made.max_unpublished_bytes == 5 * mib);
  CHECK(made.staging_bytes == 5 * mib);
  CHECK(made.log_limit / 4 == made.max_unpublished_input_bytes);
  CHECK(made.max_record_bytes == 64 * kib);
  CHECK(made.block_interval == 2ms);
}

TEST_CASE("what is not set follows from the memory limit", "[settings]") {
  auto all = applied({});
  CHECK(all.max_batch_bytes == limits::max_batch_bytes);
  CHECK(all.block_interval == settings{}.block_interval);
  auto little = applied({"memory.limit=200MiB"});
  CHECK(little.max_batch_bytes < all.max_batch_bytes);
  CHECK(little.exchange_bytes < all.exchange_bytes);
  CHECK(little.max_receiver_bytes < all.max_receiver_bytes);
  CHECK(little.max_unpublished_bytes == all.max_unpublished_bytes); // lies in the log
  CHECK(little.staging_bytes < all.staging_bytes);
}

TEST_CASE("the last value of a setting is heard", "[settings]") {
  CHECK(applied({"max_batches_in_flight=2", "max_batches_in_flight=7"}).max_batches_in_flight == 7);
}

TEST_CASE("an unknown setting is refused, and the nearest one named", "[settings]") {
  auto [typed, meant] = GENERATE(table<std::string, std::string>({
    {"memory_limit=1GiB", "memory.limit"},
    {"max_bach_bytes=1MiB", "max_batch_bytes"},
    {"exchange.memry=1MiB", "exchange.memory"},
    {"block_intervall=1ms", "block_interval"},
  }));
  auto why = refused({typed});
  CHECK(why.code == error_code::configuration);
  CHECK(why.where == "--set");
  CHECK(why.hint == "did you mean \"" + meant + "\"?");
  CHECK(refused({"xylophone=1"}).message() == "--set: unknown key \"xylophone\"; `APP config` shows all keys");
}

TEST_CASE("a wrong value is refused, with key and form", "[settings]") {
  auto [typed, key, form] = GENERATE(table<std::string, std::string, std::string>({
    {"memory.limit=much", "memory.limit", "64MiB"},
    {"memory.limit=", "memory.limit", "64MiB"},
    {"memory.limit=-1", "memory.limit", "64MiB"},
    {"max_batches_in_flight=0", "max_batches_in_flight", "1 to 64"},
    {"max_batches_in_flight=2MiB", "max_batches_in_flight", "whole number"},
    {"max_record_bytes=1GiB", "max_record_bytes", "to "},
    {"block_interval=5", "block_interval", "10ms"},
    {"block_interval=1us", "block_interval", "100us to 10s"},
  }));
  auto why = refused({typed});
  INFO(why.message());
  CHECK(why.code == error_code::configuration);
  CHECK(why.where == "--set " + key);
  CHECK(why.hint.find(form) != std::string::npos);
  CHECK(refused({"max_batch_bytes"}).hint == "write KEY=VALUE");
}

TEST_CASE("settings that do not fit together are refused, and what would do is said", "[settings]") {
  auto share = refused({"exchange.memory=1GiB"});
  CHECK(share.where == "--set exchange.memory");
  CHECK(share.hint.find("memory.limit at least ") != std::string::npos);
  auto memory = refused({"memory.limit=200MiB", "exchange.memory=190MiB"});
  CHECK(memory.where == "--set memory.limit");
  CHECK(memory.what.find("exchange.memory = 190MiB") != std::string::npos);
  CHECK(memory.hint.find("at least ") != std::string::npos);
  auto log = refused({"log.limit=64MiB"});
  CHECK(log.where == "--set log.limit");
  CHECK(log.hint.find("at least ") != std::string::npos);
}

TEST_CASE("of settings that do not fit, the ones that ask for too much are named", "[settings]") {
  auto batch = refused({"max_batch_bytes=4GiB", "exchange.memory=1MiB"});
  CHECK(batch.where == "--set max_batch_bytes");
  CHECK(batch.what.find("4GiB does not fit into memory.limit, which is 1GiB") != std::string::npos);
  auto both = refused({"exchange.memory=2GiB", "max_receiver_bytes=2GiB"});
  CHECK(both.where == "memory.limit");
  CHECK(both.what.find("max_receiver_bytes = 2GiB and exchange.memory = 2GiB") != std::string::npos);
  auto log = refused({"max_unpublished_bytes=1000GiB"});
  CHECK(log.where == "--set max_unpublished_bytes");
  CHECK(log.hint.find("log.limit at least ") != std::string::npos);
}

TEST_CASE("a setting that follows from something else can be told to do so again", "[settings]") {
  auto made = applied({"max_batch_bytes=1MiB", "block_interval=1ms", "max_batch_bytes=auto", "block_interval=auto"});
  CHECK(made.max_batch_bytes == limits::max_batch_bytes);
  CHECK(made.block_interval == 10ms);
}

TEST_CASE("an error names the layer that the value came from", "[settings]") {
  using layer = setting_origin::layer;
  auto [what, place, where] = GENERATE(table<layer, std::string, std::string>({
    {layer::file, "app.toml:12", "app.toml:12: executors"},
    {layer::environment, "WEIR_EXECUTORS", "WEIR_EXECUTORS"},
    {layer::set, "--set", "--set executors"},
    {layer::flag, "--executors", "--executors"},
  }));
  setting_values values;
  auto done = values.set("executors", "many", {what, place});
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message() == where + ": \"many\" is not a valid value; give a whole number, or auto");
  REQUIRE(values.set_list("input", {"wier://127.0.0.1:0"}, {what, place}).has_value());
  configuration all;
  auto applied = values.apply(all);
  REQUIRE_FALSE(applied.has_value());
  CHECK(applied.error().where.find(place) == 0);
  CHECK(applied.error().hint.find("weir") != std::string::npos);
}

TEST_CASE("a later list replaces an earlier one whole", "[settings]") {
  setting_values values;
  REQUIRE(values.set_list("output", {"print", "text:a"}, {setting_origin::layer::file, "a.toml:1"}).has_value());
  REQUIRE(values.set("output=[\"text:b\", 'print:2']").has_value());
  auto all = default_configuration("x");
  REQUIRE(values.apply(all).has_value());
  REQUIRE(all.outputs.size() == 2);
  CHECK(all.outputs[0].prefix == "b");
  CHECK(all.outputs[1].limit == 2);
  CHECK(values.origin("output").place == "--set");
}

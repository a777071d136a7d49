// Snippets of docs/outputs.md.
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <weir/stream.hpp>
#include <weir/testing.hpp>

using namespace weir::testing;

namespace {

/// What the functions of the snippets were given.
std::vector<std::string> reports;

void report(const std::string& key, std::uint64_t records) { reports.push_back(key + ": " + std::to_string(records)); }

void all_outputs(weir::stream_context& ctx) {
  // [all outputs]
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value().named("counts");

  counts.write_to(ctx.output());                       // whatever --output says
  counts.print(5);                                     // time, output and first records of each batch
  counts.save_as_text_files("out/words", "txt");       // out/words-1700000000000.txt/part-00000 ... _SUCCESS
  counts.save_as_object_files("out/words", "objects"); // the same directories, records as msgpack

  using row = std::pair<std::string, std::uint64_t>; // a record of `counts`, as functions get it
  counts.foreach_batch([](const auto& records, const weir::batch_key& key) { report(key.text(), records.count()); });
  counts.foreach_partition(
    [](const weir::partition_key& key, std::span<const row> rows) { report(key.text(), rows.size()); });
  // [end]
}

using row = std::pair<std::string, std::uint64_t>;

/// Stands for a database with transactions.
class database {
public:
  void begin() { open_ = committed_; }
  bool insert_if_absent(const std::string& table, const std::string& key) {
    return open_.keys.insert(table + " " + key).second;
  }
  void add(const std::string& table, const std::string& word, std::uint64_t count) {
    open_.sums[table + " " + word] += count;
  }
  void commit() { committed_ = open_; }
  const std::map<std::string, std::uint64_t>& sums() const { return committed_.sums; }

private:
  struct contents {
    std::set<std::string> keys;
    std::map<std::string, std::uint64_t> sums;
  };
  contents committed_;
  contents open_;
};

/// Lends its one connection.
struct connection_pool {
  database shared;
  database& take() { return shared; }
};

void into_a_database(const weir::dstream<std::pair<std::string_view, std::uint64_t>>& counts,
                     const std::shared_ptr<connection_pool>& pool) {
  // [a database]
  counts.foreach_partition([pool](const weir::partition_key& key, std::span<const row> rows) {
    auto& connection = pool->take();
    connection.begin();
    if (connection.insert_if_absent("weir_done", key.text())) // false: an earlier attempt has committed
      for (auto& [word, count] : rows)
        connection.add("counts", word, count);
    connection.commit();
  });
  // [end]
}

} // namespace

TEST_CASE("docs/outputs.md: all outputs of a stream take each batch", "[docs]") {
  reports.clear();
  test_driver driver{all_outputs, {.partitions = 1}};
  driver.push({"to be or", "not to be"}).step();
  CHECK(driver.output("counts") == rows{{"to", 2}, {"be", 2}, {"or", 1}, {"not", 1}});
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].ends_with(": 4"));
  CHECK(reports[1].ends_with(": 4"));
}

TEST_CASE("docs/outputs.md: a database has each batch once, although it comes again", "[docs]") {
  auto pool = std::make_shared<connection_pool>();
  test_driver driver{[pool](weir::stream_context& ctx) {
    into_a_database(ctx.text_input().flat_map(weir::split_words).count_by_value().named("counts"), pool);
  }};
  driver.push({"to be or not to be"}).crash(moment::published).recover().run_until_idle();
  CHECK(pool->shared.sums() ==
        std::map<std::string, std::uint64_t>{{"counts be", 2}, {"counts not", 1}, {"counts or", 1}, {"counts to", 2}});
}

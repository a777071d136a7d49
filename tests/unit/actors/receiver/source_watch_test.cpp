#include "actors/receiver/source_watch.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

/// A source that the program brings; the test says what there is.
class listed_source final : public plan::replayable_source {
public:
  plan::record_form form() const override { return plan::record_form::lines; }
  result<std::vector<plan::source_partition>> partitions() const override {
    if (fails)
      return fail(error_code::failed, "no broker");
    return all;
  }
  result<std::vector<plan::text_piece>> read(const offset_range&, std::size_t) const override {
    return fail(error_code::failed, "nobody reads it");
  }

  std::vector<plan::source_partition> all;
  bool fails = false;
};

plan::source_partition growing(const std::string& name, std::uint64_t end, std::int64_t version = 1) {
  return {.name = name, .end = end, .version = version, .grows = true};
}
plan::source_partition whole(const std::string& name, std::uint64_t end) { return {.name = name, .end = end}; }

struct watched {
  watched() {
    of_application->settings.inputs = {input_url::of_stream("mine", 1)};
    of_node->replayable = {source};
    watch = watch_source(of_application, of_node, input_id{0});
  }
  /// What is news if this is there now.
  std::vector<plan::source_partition> news_of(std::vector<plan::source_partition> there) {
    source->all = std::move(there);
    auto news = watch->look({});
    REQUIRE(news.has_value());
    CHECK(news->at_rest == news->found.empty());
    CHECK(news->changed.empty());
    return news->found;
  }

  std::shared_ptr<listed_source> source = std::make_shared<listed_source>();
  std::shared_ptr<application_services> of_application = std::make_shared<application_services>();
  node_ptr of_node = std::make_shared<node_services>();
  std::unique_ptr<source_watch> watch;
};

using partitions = std::vector<plan::source_partition>;

} // namespace

TEST_CASE_METHOD(watched, "each growth of a partition is told once, and then the source is at rest", "[source_watch]") {
  CHECK(news_of({growing("a", 5), growing("b", 1)}) == partitions{growing("a", 5), growing("b", 1)});
  for (std::uint64_t end : {6, 7, 20}) {
    CAPTURE(end);
    CHECK(news_of({growing("a", end), growing("b", 1)}) == partitions{growing("a", end)});
    for (int look = 0; look < 3; ++look)
      CHECK(news_of({growing("a", end), growing("b", 1)}).empty());
  }
  CHECK(news_of({growing("b", 1)}).empty()); // nothing can be said of the other now
  CHECK(news_of({growing("a", 20), growing("b", 2)}) == partitions{growing("b", 2)});
}

TEST_CASE_METHOD(watched, "a final partition is told once, whatever is said of its name later", "[source_watch]") {
  CHECK(news_of({whole("a", 5)}) == partitions{whole("a", 5)});
  CHECK(news_of({whole("a", 5)}).empty());
  CHECK(news_of({whole("a", 9)}).empty());
  CHECK(news_of({}).empty());
  CHECK(news_of({whole("b", 3), whole("a", 5)}) == partitions{whole("b", 3)});
}

TEST_CASE_METHOD(watched,
                 "whoever reads hears once of other content in a partition that grows, and of an end that goes back",
                 "[source_watch]") {
  CHECK(news_of({growing("a", 5)}).size() == 1);
  CHECK(news_of({growing("a", 5, 2)}) == partitions{growing("a", 5, 2)});
  CHECK(news_of({growing("a", 5, 2)}).empty());
  CHECK(news_of({growing("a", 3, 2)}) == partitions{growing("a", 3, 2)});
  CHECK(news_of({growing("a", 3, 2)}).empty());
}

TEST_CASE_METHOD(watched, "a look that fails loses no news and brings none twice", "[source_watch]") {
  CHECK(news_of({growing("a", 5)}).size() == 1);
  source->all = {growing("a", 6)};
  source->fails = true;
  CHECK_FALSE(watch->look({}).has_value());
  source->fails = false;
  CHECK(news_of({growing("a", 6)}).size() == 1);
  CHECK(news_of({growing("a", 6)}).empty());
}

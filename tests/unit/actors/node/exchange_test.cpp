#include "actors/node/exchange.hpp"

#include <catch2/catch.hpp>

#include "libstream/data/flat.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

/// A run that is its text, or one that cannot be encoded.
class text_run final : public plan::run {
public:
  explicit text_run(std::string text, bool encodable = true) : text_{std::move(text)}, encodable_{encodable} {}
  std::size_t bytes() const override { return text_.size(); }
  std::size_t entries() const override { return 1; }
  bool encode_to(std::string& bytes) const override {
    if (encodable_)
      data::append_flat(bytes, text_);
    return encodable_;
  }
  const std::string& text() const { return text_; }

private:
  std::string text_;
  bool encodable_;
};

class text_plan final : public plan::physical_plan {
public:
  const std::vector<plan::stage>& stages() const override { return stages_; }
  const std::vector<plan::shuffle>& shuffles() const override { return shuffles_; }
  const std::vector<plan::output>& outputs() const override { return outputs_; }
  const std::string& description() const override { return description_; }
  std::uint64_t fingerprint() const override { return 0; }
  result<plan::task_result> run(const plan::task_input&) const override {
    return fail(error_code::failed, "never run");
  }
  result<plan::run_handle> decode_run(shuffle_index, data::buffer_handle bytes) const override {
    return data::decode_flat<std::string>(bytes->view()).map([](std::string text) -> plan::run_handle {
      return std::make_shared<text_run>(std::move(text));
    });
  }

private:
  std::vector<plan::stage> stages_;
  std::vector<plan::shuffle> shuffles_;
  std::vector<plan::output> outputs_;
  std::string description_;
};

/// Memory that can be full, or give back something else.
class fake_scratch final : public scratch {
public:
  bool full = false;
  bool damaged = false;
  std::uint64_t held = 0;

  result<extent_handle> write(std::string_view bytes) override {
    if (full)
      return fail(error_code::disk, "no room", "scratch");
    held += bytes.size();
    return std::make_shared<kept>(*this, std::string{bytes});
  }

private:
  class kept final : public extent {
  public:
    kept(fake_scratch& in, std::string bytes) : in_{in}, bytes_{std::move(bytes)} {}
    ~kept() override { in_.held -= bytes_.size(); }
    result<data::buffer_handle> read(std::uint64_t from, std::uint64_t size) const override {
      auto copy = std::make_shared<data::buffer>(size);
      copy->append(std::string_view{bytes_}.substr(from, size));
      if (in_.damaged)
        copy->data()[size / 2] ^= 1;
      return copy;
    }

  private:
    fake_scratch& in_;
    std::string bytes_;
  };
};

constexpr attempt first{epoch{1}, view_id{1}}, second{epoch{1}, view_id{2}};
constexpr shuffle_index shuffle{0};

plan::shuffle_output output_of(const std::vector<std::string>& texts, bool encodable = true) {
  plan::shuffle_output made{shuffle, {}};
  for (auto& text : texts)
    made.runs.push_back(text.empty() ? nullptr : std::make_shared<text_run>(text, encodable));
  return made;
}

struct node {
  std::shared_ptr<fake_scratch> disk = std::make_shared<fake_scratch>();
  exchange between;
  text_plan plan;

  explicit node(std::uint64_t budget) { between.bound(budget, disk); }

  void push(std::uint64_t batch, std::uint32_t map, const std::vector<std::string>& texts, const attempt& of = first) {
    REQUIRE(between.push(of, batch_id{batch}, task_index{map}, output_of(texts)).has_value());
  }
  std::vector<std::string> collect(std::uint64_t batch, std::uint32_t partition, const attempt& of = first) {
    auto runs = between.collect(plan, of, batch_id{batch}, shuffle, partition_index{partition});
    REQUIRE(runs.has_value());
    std::vector<std::string> texts;
    for (auto& run : *runs)
      texts.push_back(dynamic_cast<const text_run&>(*run).text());
    return texts;
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE(
  "what does not fit into the exchange's memory lies in the scratch file, and all comes back in map-index order",
  "[exchange]") {
  node at{10};
  at.push(1, 2, {"cc", "C"});
  at.push(1, 0, {"aaaa", ""});
  CHECK(at.between.held_bytes() == 7);
  CHECK(at.between.has_room());
  at.push(1, 1, {"bbbb", "B"}); // five more than there are
  CHECK(at.between.held_bytes() == 7);
  CHECK(at.between.spilled_bytes() > 0);
  CHECK(at.collect(1, 0) == texts{"aaaa", "bbbb", "cc"});
  CHECK(at.collect(1, 1) == texts{"B", "C"});
  CHECK(at.collect(1, 2).empty());
}

TEST_CASE("a budget of nothing spills everything, and there is never room", "[exchange]") {
  node at{0};
  CHECK_FALSE(at.between.has_room());
  at.push(1, 0, {"a", "", "b"});
  CHECK(at.between.held_bytes() == 0);
  CHECK(at.collect(1, 0) == texts{"a"});
  CHECK(at.collect(1, 1).empty());
  CHECK(at.collect(1, 2) == texts{"b"});
}

TEST_CASE("large outputs are written in pieces, each partition whole", "[exchange]") {
  node at{0};
  texts large;
  for (std::uint32_t p = 0; p < 7; ++p)
    large.emplace_back(p * limits::mib / 2, static_cast<char>('a' + p));
  at.push(1, 0, large);
  for (std::uint32_t p = 1; p < 7; ++p)
    CHECK(at.collect(1, p) == texts{large[p]});
}

TEST_CASE("memory and scratch room come back when a batch is dropped, and with it all before", "[exchange]") {
  node at{6};
  for (std::uint64_t batch : {1, 2, 3})
    at.push(batch, 0, {"four", "!"});
  CHECK_FALSE(at.collect(1, 0).empty());
  CHECK(at.between.held_bytes() == 5);
  CHECK(at.disk->held > 0);
  at.between.drop(batch_id{2});
  CHECK(at.between.held_bytes() == 0);
  CHECK(at.collect(1, 0).empty());
  CHECK(at.collect(3, 0) == texts{"four"});
  at.push(2, 0, {"late"}); // by a task that nobody waits for any more
  CHECK(at.between.held_bytes() == 0);
  at.between.drop(batch_id{3});
  CHECK(at.disk->held == 0);
}

TEST_CASE("a newer attempt replaces what an older one left, and an older one is refused", "[exchange]") {
  node at{100};
  at.push(1, 0, {"old"});
  at.push(1, 1, {"older"});
  at.push(1, 0, {"new!"}, second);
  CHECK(at.between.held_bytes() == 4);
  CHECK(at.collect(1, 0).empty());
  CHECK(at.collect(1, 0, second) == texts{"new!"});
  at.push(1, 1, {"late"});
  CHECK(at.between.held_bytes() == 4);
  at.push(1, 0, {"again"}, second); // a repeated task counts once
  CHECK(at.between.held_bytes() == 5);
}

TEST_CASE("what a reader has in hand survives the drop of its batch", "[exchange]") {
  node at{0};
  at.push(1, 0, {"spilled"});
  auto runs = at.between.collect(at.plan, first, batch_id{1}, shuffle, partition_index{0});
  at.between.drop(batch_id{1});
  at.push(2, 0, {"another"});
  REQUIRE((runs && runs->size() == 1));
  CHECK(dynamic_cast<const text_run&>(*runs->front()).text() == "spilled");
}

TEST_CASE("a full disk is an error, keeps nothing, and later pushes may succeed", "[exchange]") {
  node at{4};
  at.disk->full = true;
  at.push(1, 0, {"fits"});
  auto refused = at.between.push(first, batch_id{1}, task_index{1}, output_of({"does not"}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::disk);
  CHECK(at.collect(1, 0) == texts{"fits"});
  at.disk->full = false;
  at.push(1, 1, {"does now"});
  CHECK(at.collect(1, 0) == texts{"fits", "does now"});
}

TEST_CASE("bytes that come back altered are an error, never data", "[exchange]") {
  node at{0};
  at.push(1, 0, {"some bytes"});
  at.disk->damaged = true;
  auto runs = at.between.collect(at.plan, first, batch_id{1}, shuffle, partition_index{0});
  REQUIRE_FALSE(runs.has_value());
  CHECK(runs.error().code == error_code::corrupt);
}

TEST_CASE("a run that cannot be encoded stays in memory and counts there", "[exchange]") {
  node at{3};
  REQUIRE(at.between.push(first, batch_id{1}, task_index{0}, output_of({"closed", "x"}, false)).has_value());
  CHECK(at.between.held_bytes() == 7);
  CHECK_FALSE(at.between.has_room());
  CHECK(at.collect(1, 0) == texts{"closed"});
}

#include <catch2/catch.hpp>

#include "libstream/api/dstream.hpp"
#include "libstream/api/stream_context.hpp"
#include "libstream/data/msgpack_record.hpp"
#include "libstream/operators/split_words.hpp"

using namespace weir;

namespace {

struct place {
  std::int32_t x = 0;
  std::string name;
  bool operator==(const place&) const = default;
  MSGPACK_DEFINE(x, name)
};

/// Does not say what it holds: only its traits do.
struct closed_key {
  std::uint64_t value = 0;
  bool operator==(const closed_key&) const = default;
};

std::string long_text() {
  std::string text;
  for (int i = 0; i < 400; ++i)
    text +=
      "w" + std::to_string(i % 37) + " a-word-that-is-longer-than-sixteen-bytes-" + std::to_string(i % 11) + " x\n";
  return text;
}

/// Runs all tasks of a plan over splits of `text`, in memory or with every run taken through its encoding.
std::vector<std::string> staged(const plan::physical_plan& plan, const std::string& text, bool encoded) {
  constexpr std::uint32_t partitions = 3;
  std::map<shuffle_index, std::vector<std::vector<plan::run_handle>>> between;
  std::vector<std::string> outputs;
  auto counts = plan.task_counts(4, partitions);
  for (auto& stage : plan.stages())
    for (std::size_t index = 0; index < counts[stage.index.value]; ++index) {
      plan::task_input input;
      input.batch = batch_id{1};
      input.stage = stage.index;
      input.index = task_index{static_cast<std::uint32_t>(index)};
      input.hash_seed = 7;
      input.partitions = partitions;
      input.max_record_bytes = limits::max_record_bytes;
      auto bytes = std::make_shared<data::buffer>(text.size());
      bytes->append(text);
      if (stage.reads_text)
        input.text = {{bytes->view(), bytes}};
      for (auto shuffle : stage.reads)
        input.runs.push_back(between[shuffle][index]);
      auto made = plan.run(input);
      REQUIRE(made.has_value());
      for (auto& output : made->shuffles) {
        between[output.shuffle].resize(partitions);
        for (std::uint32_t p = 0; p < partitions; ++p) {
          auto run = output.runs[p];
          if (run && encoded) {
            std::string flat = "before";
            REQUIRE(run->encode_to(flat));
            auto copy = std::make_shared<data::buffer>(flat.size() - 6);
            copy->append(std::string_view{flat}.substr(6));
            auto back = plan.decode_run(output.shuffle, copy);
            REQUIRE(back.has_value());
            CHECK((*back)->entries() == run->entries());
            CHECK((*back)->bytes() > 0);
            for (std::size_t cut = 0; cut < copy->size(); cut += 1 + copy->size() / 50) {
              auto shorter = std::make_shared<data::buffer>(cut);
              shorter->append(copy->view().substr(0, cut));
              CHECK_FALSE(plan.decode_run(output.shuffle, shorter).has_value());
            }
            run = *back;
          }
          if (run)
            between[output.shuffle][p].push_back(run);
        }
      }
      for (auto& output : made->staged)
        outputs.push_back(output.bytes);
    }
  return outputs;
}

void check_same(const std::function<void(stream_context&)>& build) {
  stream_context context{output_targets{{plan::output_target::kind::print, {}, 10}}};
  build(context);
  auto plan = context.plan();
  REQUIRE(plan.has_value());
  auto text = long_text();
  auto in_memory = staged(**plan, text, false);
  CHECK(in_memory == staged(**plan, text, true));
  std::size_t bytes = 0;
  for (auto& output : in_memory)
    bytes += output.size();
  CHECK(bytes > 0);
}

} // namespace

template <>
struct weir::data::record_traits<closed_key> : weir::data::plain_traits<closed_key> {
  static std::uint64_t hash(const closed_key& value, std::uint64_t seed) { return hash_word(value.value, seed); }
  static std::string schema() { return "closed_key"; }
  static void append_text(const closed_key& value, std::string& text) { text += std::to_string(value.value); }
};

TEST_CASE("a shuffle's runs that were encoded and decoded give the same bytes as those that stayed in memory",
          "[spill]") {
  check_same([](auto& context) {
    context.text_input().flat_map(split_words).count_by_value().named("counts").write_to(context.output());
  });
  check_same([](auto& context) { context.text_input().count().named("lines").write_to(context.output()); });
  check_same([](auto& context) { context.text_input().top(7).named("top").write_to(context.output()); });
  check_same([](auto& context) {
    context.text_input()
      .map([](std::string_view line) {
        return std::pair<std::uint64_t, std::string_view>{line.size() % 5, line};
      })
      .reduce_by_key([](std::string_view a, std::string_view b) { return std::max(a, b); })
      .named("greatest")
      .write_to(context.output());
  });
  check_same([](auto& context) {
    context.text_input()
      .map([](std::string_view line) {
        return std::pair{place{static_cast<std::int32_t>(line.size()), std::string{line.substr(0, 3)}}, 1.5};
      })
      .reduce_by_key([](double a, double b) { return a + b; })
      .named("places")
      .write_to(context.output());
  });
}

TEST_CASE("a run of keys that do not say what they hold cannot be encoded, and nothing is appended", "[spill]") {
  stream_context context{output_targets{{plan::output_target::kind::print, {}, 10}}};
  context.text_input()
    .map([](std::string_view line) {
      return std::pair{closed_key{line.size()}, 1};
    })
    .reduce_by_key([](int a, int b) { return a + b; })
    .named("closed")
    .write_to(context.output());
  auto plan = *context.plan();
  plan::task_input input;
  input.partitions = 1;
  auto bytes = std::make_shared<data::buffer>(2);
  bytes->append("x\n");
  input.max_record_bytes = 100;
  input.text = {{bytes->view(), bytes}};
  auto made = plan->run(input);
  REQUIRE(made.has_value());
  std::string flat = "before";
  CHECK_FALSE(made->shuffles[0].runs[0]->encode_to(flat));
  CHECK(flat == "before");
}

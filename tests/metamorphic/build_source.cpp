#include "tests/metamorphic/build.hpp"

#include "libstream/api/receiver.hpp"

namespace metamorphic {

namespace {

template <class T>
struct idle_receiver final : weir::receiver<T> {
  void on_start() override {}
  void on_stop() override {}
};

/// Two records a piece.
std::vector<weir::plan::text_piece> pieces_of(const std::vector<text_record>& records) {
  std::vector<weir::plan::text_piece> pieces;
  for (std::size_t at = 0; at < records.size(); at += 2) {
    std::string text;
    for (auto each = at; each < std::min(at + 2, records.size()); ++each)
      text += std::string{records[each]} + "\n";
    auto size = text.size();
    auto bytes = std::make_shared<std::string>(text.append(weir::limits::read_padding, '\0'));
    pieces.push_back({std::string_view{*bytes}.substr(0, size), bytes});
  }
  return pieces;
}

} // namespace

any_stream build_source(const step& of, weir::stream_context& context) {
  using enum operation;
  switch (of.what) {
    case constant:
      switch (of.made) {
        case sort::real: return context.constant(fixed_records<real_record>(of.a), count_of(of));
        case sort::flag: return context.constant(fixed_records<flag_record>(of.a), count_of(of));
        case sort::measured: return context.constant(fixed_records<measured_record>(of.a), count_of(of));
        case sort::reading: return context.constant(fixed_records<reading_record>(of.a), count_of(of));
        default: return context.constant(fixed_records<number_record>(of.a), count_of(of));
      }
    case constant_text: return context.constant_text(pieces_of(fixed_records<text_record>(of.a)), count_of(of));
    case generated:
      return context.generated<pair_record>(
        [a = of.a](weir::event_time time) {
          return generated_records(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(), a);
        },
        count_of(of));
    case receiver_stream:
      if (of.made == sort::measured)
        return context.receiver_stream(std::make_shared<idle_receiver<measured_record>>());
      return context.receiver_stream(std::make_shared<idle_receiver<pair_record>>());
    default: return context.text_input();
  }
}

} // namespace metamorphic

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/node/scratch.hpp"

namespace weir::actors::simulation {

/// The scratch file of one life, in memory. A write fails when the seed says so.
class simulated_scratch final : public scratch {
public:
  /// `fails`: asked before each write, which it is told of; answers how it fails, if it does.
  explicit simulated_scratch(std::function<std::optional<error>()> fails) : fails_{std::move(fails)} {}

  result<extent_handle> write(std::string_view bytes) override {
    if (auto why = fails_())
      return tl::make_unexpected(*why);
    return std::make_shared<kept>(bytes);
  }

private:
  class kept final : public extent {
  public:
    explicit kept(std::string_view bytes) : bytes_{bytes} {}
    result<data::buffer_handle> read(std::uint64_t from, std::uint64_t size) const override {
      auto copy = std::make_shared<data::buffer>(size);
      copy->append(std::string_view{bytes_}.substr(from, size));
      return copy;
    }

  private:
    std::string bytes_;
  };

  std::function<std::optional<error>()> fails_;
};

} // namespace weir::actors::simulation

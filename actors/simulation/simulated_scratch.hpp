#pragma once

#include <functional>
#include <string>

#include "actors/node/scratch.hpp"

namespace weir::actors::simulation {

/// The scratch file of one life, in memory. A write fails when the seed says so, as on a full disk.
class simulated_scratch final : public scratch {
public:
  /// `fails`: asked before each write, which it is told of.
  explicit simulated_scratch(std::function<bool()> fails) : fails_{std::move(fails)} {}

  result<extent_handle> write(std::string_view bytes) override {
    if (fails_())
      return fail(error_code::disk, "cannot write the scratch file: the seed says so", "/scratch");
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

  std::function<bool()> fails_;
};

} // namespace weir::actors::simulation

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/node/scratch.hpp"
#include "libstream/data/flat.hpp"
#include "libstream/plan/task.hpp"

/// Runs that are texts, a plan that can read them, and a disk for them: what the tests of the exchange put into it.
namespace weir::testing {

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
class fake_scratch final : public actors::scratch {
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

} // namespace weir::testing

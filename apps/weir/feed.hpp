#pragma once

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "apps/weir/subprocess.hpp"
#include "apps/weir/verifier.hpp"

/// Where an experiment's text comes from: at a steady rate, never blocking, and kept in files for whoever counts it afterwards.
namespace weir::tool {

/// Appends one line, its newline included.
using line_source = std::function<void(std::string& into)>;

/// Decides how many lines are due. What could not be made while the receiver was away is made up for, within a bound.
class pace {
public:
  explicit pace(std::uint64_t lines_per_second) : rate_{lines_per_second} {}
  std::uint64_t due(clock::time_point now);

private:
  std::uint64_t rate_;
  std::optional<clock::time_point> counted_to_;
};

class feed {
public:
  virtual ~feed() = default;
  /// The application's input is there, at `url`. Called once.
  virtual result<void> begin(const std::string& url) = 0;
  /// Hands on what is due. Call every few milliseconds.
  virtual result<void> pump() = 0;
  /// No more new lines; goes on pumping until `ended`.
  virtual void finish() = 0;
  /// True when everything is with the application, as far as this side can know.
  virtual result<bool> ended() = 0;
  /// Counts what was fed.
  virtual result<void> count(word_counts& into) const = 0;
  /// What it did, in a sentence.
  virtual std::string summary() const = 0;
};

/// What `weir send` says at its end.
struct sender_figures {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t resent = 0;
};

/// Through `weir send -`, which outlives the application's deaths.
class sender_feed final : public feed {
public:
  /// Keeps the text, and what the sender says, in files of `directory`.
  sender_feed(std::string directory, std::uint64_t lines_per_second, line_source lines);

  result<void> begin(const std::string& url) override;
  result<void> pump() override;
  void finish() override { finishing_ = true; }
  result<bool> ended() override;
  result<void> count(word_counts& into) const override { return count_words(text_path(), into); }
  std::string summary() const override;

  std::string text_path() const { return directory_ + "/text"; }
  std::uint64_t lines() const { return made_lines_; }
  const sender_figures& figures() const { return figures_; } ///< once ended

private:
  result<void> hand_over();
  std::string complaint() const;

  std::string directory_;
  pace pace_;
  line_source lines_;
  std::ofstream text_;
  std::optional<subprocess> sender_;
  std::string pending_; ///< written to the text, not yet to the sender
  std::uint64_t made_lines_ = 0;
  bool finishing_ = false;
  sender_figures figures_;
};

/// Through files that are moved into a directory, small and large, some without a last newline.
class file_feed final : public feed {
public:
  /// Writes below `directory`, whose subdirectory `input` the application watches.
  file_feed(std::string directory, std::uint64_t lines_per_second, line_source lines, std::uint64_t seed);

  result<void> begin(const std::string& url) override;
  result<void> pump() override;
  void finish() override { finishing_ = true; }
  result<bool> ended() override { return finishing_ && wanted_ == 0; }
  result<void> count(word_counts& into) const override;
  std::string summary() const override;

  std::string url() const { return "file://" + directory_ + "/input"; }

private:
  result<void> move_in();
  void choose_size();

  std::string directory_;
  pace pace_;
  line_source lines_;
  std::mt19937_64 random_;
  std::string building_;
  std::uint64_t built_ = 0;
  std::uint64_t wanted_ = 0; ///< lines of the file under construction; 0 = none
  std::uint64_t files_ = 0;
  std::uint64_t made_lines_ = 0;
  bool begun_ = false;
  bool finishing_ = false;
};

} // namespace weir::tool

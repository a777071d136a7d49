#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libstream/plan/task.hpp"

/// The operator graph as the user wrote it: nodes that know their inputs. `lower.hpp` cuts it into stages.
namespace weir::plan {

class task_build;
class kept_partitions;
class partition_counts;
class timed_program;

/// Where records of a type that only operators know go in. `operators::sink<Record>` is the one that derives from it.
class sink_base {
public:
  virtual ~sink_base() = default;
};

/// Thrown while a plan is built, when what the user wrote cannot be run. Runtimes report it as the error that it carries.
class plan_error : public std::exception {
public:
  explicit plan_error(weir::error why) : why_{std::move(why)}, text_{why_.message()} {}
  const weir::error& why() const { return why_; }
  const char* what() const noexcept override { return text_.c_str(); }

private:
  weir::error why_;
  std::string text_;
};

class node;
using node_ptr = std::shared_ptr<const node>;

/// One operator. Immutable once it has a consumer, but for its name, which the user may give in the same expression.
class node {
public:
  enum class role {
    narrow,     ///< within a stage; one with several inputs unites them, in their order
    source,     ///< root of a stage: text of the batch
    collection, ///< root of a stage: static data
    shuffle,    ///< ends stages (it takes their records in) and is the root of another
    output,     ///< ends a stage: formats and stages
  };

  node(role what, std::string kind, std::vector<node_ptr> inputs)
    : role_{what}, kind_{std::move(kind)}, inputs_{std::move(inputs)} {}
  virtual ~node() = default;

  role what() const { return role_; }
  const std::string& kind() const { return kind_; }
  const std::vector<node_ptr>& inputs() const { return inputs_; }
  /// Given by the user; empty if the position shall decide.
  const std::string& given_name() const { return name_; }
  /// Throws plan_error (78) if it has another one already.
  void give_name(std::string name) const;

  /// Names the type of its records.
  virtual std::string schema() const = 0;
  /// What else decides about its result, e.g. a number of partitions: part of the plan's description.
  virtual std::string options() const { return {}; }
  /// What takes the records of the input in that place in, for one task. Not for roots without inputs.
  virtual std::unique_ptr<sink_base> make_sink(task_build&, std::size_t input) const {
    static_cast<void>(input);
    return nullptr;
  }
  /// Roots: pushes the records of one task through everything below, and finishes it.
  virtual void run(task_build&) const {}
  /// Shuffles: a run that came from the input in that place, from its flat bytes, which it keeps.
  virtual result<run_handle> decode_run(data::buffer_handle bytes, std::size_t input) const {
    static_cast<void>(bytes);
    static_cast<void>(input);
    return fail(error_code::corrupt, "runs of this operator cannot be read", "operator " + kind_);
  }
  /// Shuffles: how many partitions it has, and so tasks. By default as many as the application has.
  virtual std::uint32_t partitions(const partition_counts& counts) const;
  /// Runs in every batch, also without input.
  virtual bool always_due() const { return false; }
  /// Its result depends on the batch, not only on its input.
  virtual bool varies() const { return false; }
  /// What makes the operators above this one anew for each batch; null: they are the same in all.
  virtual std::shared_ptr<timed_program> timed() const { return nullptr; }
  /// Shuffles: `run` obeys `task_input::keys`, so that single keys can be left out.
  virtual bool is_keyed() const { return false; }
  /// Collections: the number of tasks.
  virtual std::uint32_t slices() const { return 0; }
  /// Collections that are computed once and kept: where; null for others.
  virtual std::shared_ptr<kept_partitions> kept() const { return nullptr; }
  /// Collections of static data: what changes when the data does. Looks at all of it.
  virtual std::optional<std::uint64_t> digest() const { return std::nullopt; }
  /// Collections: what it gave is gone with the process.
  virtual bool unrecoverable() const { return false; }
  /// Sources: what the program brings itself; null for the configured inputs.
  virtual std::shared_ptr<live_source> live() const { return nullptr; }
  /// Sources: the same for what can be read again.
  virtual std::shared_ptr<replayable_source> replayable() const { return nullptr; }
  /// Sources: a record as an output would show it, from its bytes in a block.
  virtual std::string record_text(std::string_view bytes) const { return std::string{bytes}; }
  /// Outputs without an input: takes what the accumulators of each task have summed up.
  virtual bool takes_sums() const { return false; }
  /// Outputs: where it goes.
  virtual std::vector<output_target> targets() const { return {}; }

private:
  role role_;
  std::string kind_;
  std::vector<node_ptr> inputs_;
  mutable std::string name_;
};

/// Makes the same operators for each batch, with other functions.
class timed_program {
public:
  virtual ~timed_program() = default;
  /// The last of the operators for the batch of that time. May throw what the user's function throws. Any thread.
  virtual node_ptr build(std::int64_t batch_time_ms) const = 0;
};

/// How many partitions the operators of a plan have in one batch.
class partition_counts {
public:
  /// `splits`: of the batch's input. `application`: what shuffles have that do not say otherwise.
  partition_counts(std::size_t splits, std::uint32_t application) : splits_{splits}, application_{application} {}

  std::uint32_t application() const { return application_; }
  std::uint32_t of(const node& which) const {
    if (which.what() == node::role::source)
      return static_cast<std::uint32_t>(splits_);
    if (which.what() == node::role::collection)
      return which.slices();
    if (which.what() == node::role::shuffle)
      return which.partitions(*this);
    return of_first(which, which.inputs().size());
  }
  /// Of the first inputs together.
  std::uint32_t of_first(const node& which, std::size_t inputs) const {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < inputs; ++at)
      sum += of(*which.inputs()[at]);
    return sum;
  }

private:
  std::size_t splits_;
  std::uint32_t application_;
};

inline std::uint32_t node::partitions(const partition_counts& counts) const { return counts.application(); }

/// A user function has thrown: which operator's, and what.
struct operator_failure {
  std::string operator_name;
  std::string what;
};

/// Runs `body`; an exception of a user function is marked with the operator in which it arose. Free while nothing is thrown.
template <class Body>
void guarded(const std::string& operator_name, Body&& body) {
  try {
    body();
  } catch (const operator_failure&) {
    throw; // from further down the chain
  } catch (const plan_error&) {
    throw; // not of a function
  } catch (const std::exception& thrown) {
    throw operator_failure{operator_name, thrown.what()};
  } catch (...) {
    throw operator_failure{operator_name, "an exception that is no std::exception"};
  }
}

} // namespace weir::plan

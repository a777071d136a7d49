#pragma once

#include <cstdint>
#include <map>
#include <string>

/// Versions of static data in files as programs told them before they looked at what the files hold: from path, size and time of change. A batch
/// that such a program has sealed goes on if they still hold.
namespace weir::plan {

/// A root of such data.
class dated_data {
public:
  virtual ~dated_data() = default;
  virtual std::uint64_t dated_digest() const = 0;
};

/// A plan that has some.
class dated_plan {
public:
  virtual ~dated_plan() = default;
  /// By the name of the operator. Looks at no file.
  virtual std::map<std::string, std::uint64_t> dated_digests() const = 0;
};

/// Those of a plan; none if it has no such data.
template <class Plan>
std::map<std::string, std::uint64_t> dated_digests_of(const Plan& plan) {
  auto dated = dynamic_cast<const dated_plan*>(&plan);
  return dated ? dated->dated_digests() : std::map<std::string, std::uint64_t>{};
}

} // namespace weir::plan

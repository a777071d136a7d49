#pragma once

#include <functional>
#include <string>

#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulated_network.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// A producer as `weir send` is one, with the same `producer_session`: connects, sends, connects again after each interruption, until
/// all is acknowledged and its goodbye is durable. One that is to abandon vanishes in the middle instead. One that is to die is started again at
/// once, with the same input from its beginning, while what it sent before may still be under way.
class simulated_producer final : public producer_ear {
public:
  simulated_producer(timeline& time, simulated_network& network, planned_producer plan,
                     std::function<void(const std::string&)> broken);

  /// All said that ever will be.
  bool finished() const { return abandoned_ || session_.finished(); }
  bool abandoned() const { return abandoned_; }
  const planned_producer& plan() const { return plan_; }
  /// Records with numbers up to this were acknowledged.
  std::uint64_t acknowledged() const { return acknowledged_; }
  /// Records with numbers up to this may have reached the server.
  std::uint64_t added() const { return added_; }
  std::uint64_t resent() const { return resent_before_ + session_.counts().resent; }
  std::string describe() const;

  void connected() override;
  void welcomed(std::uint64_t last_durable) override;
  void acknowledged(std::uint64_t through) override;
  void farewell() override;
  void refused(const std::string& reason) override;
  void closed() override;

private:
  void dial();
  void speak();
  /// Hands the next pack to the session when it is time and the session has room.
  void continue_input();
  void abandon();
  void die();
  void check(const result<void>& outcome);

  timeline& time_;
  simulated_network& network_;
  planned_producer plan_;
  std::function<void(const std::string&)> broken_;
  producer_session session_;
  connection_id connection_ = 0;
  std::size_t next_pack_ = 0;
  bool pausing_ = false;
  bool abandoned_ = false;
  std::size_t deaths_ = 0;
  std::uint64_t resent_before_ = 0; ///< in earlier lives
  std::uint64_t numbered_ = 0;      ///< in this life
  std::uint64_t added_ = 0;
  std::uint64_t acknowledged_ = 0;
};

} // namespace weir::actors::simulation

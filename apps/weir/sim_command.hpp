#pragma once

/// `weir sim [--seeds N] [--from S] [--seed S [--trace]] [--json FILE] [--jobs J] [--check-every N]`: the whole application in one thread on
/// virtual time, with faults drawn from each seed. argv[0] is "sim". Returns the exit code of the contract: 1 if any seed breaks a promise.
int sim_command(int argc, char** argv);

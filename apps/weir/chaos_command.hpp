#pragma once

/// `weir chaos APP [--kills N | --actors N] [--input weir|file] [--seed S] [--json FILE] [--keep]`: kills a running application with SIGKILL again and
/// again, or its actors, and shows that nothing is lost or counted twice. argv[0] is "chaos". Returns the exit code of the contract.
int chaos_command(int argc, char** argv);

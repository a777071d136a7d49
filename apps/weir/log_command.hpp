#pragma once

/// `weir log DIR [--json] [--verify]`: what a data directory holds. Changes nothing and works while an application runs on it.
/// argv[0] is "log". Returns the exit code of the contract.
int log_command(int argc, char** argv);

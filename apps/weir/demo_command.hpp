#pragma once

/// `weir demo [--seconds N]`: half a minute of word count, with a kill -9 in the middle and an independent count at the end.
/// argv[0] is "demo". Returns 0 only if both counts are equal.
int demo_command(int argc, char** argv);

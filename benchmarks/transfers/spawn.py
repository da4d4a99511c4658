"""Runs a program and tells what it took, from a process so small that its own memory is not taken for the program's.

    python -I -S spawn.py FILE PROGRAM [ARGUMENT...]

Linux counts what a process had in memory before `exec` to the peak of what comes after. FILE gets wall and processor
seconds, most memory in KiB, and the exit status. Only modules that are built in are imported.
"""

import os
import sys
import time


def main() -> None:
    """Run, wait, and write the four numbers."""
    file, program, *arguments = sys.argv[1:]
    began = time.perf_counter()
    child = os.posix_spawnp(program, [program, *arguments], os.environ)
    _, status, usage = os.wait4(child, 0)
    wall, cpu = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    with open(file, "w") as out:  # noqa: PTH123 - pathlib is not built in
        out.write(f"{wall} {cpu} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()

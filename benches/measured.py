"""Runs a command several times, and prints the least CPU seconds and the largest memory in bytes.

    python3 -I -S benches/measured.py RUNS FINE,CODES COMMAND…

A program of its own, with nothing imported but what it needs: Linux counts what a process had resident before it became another
program, and that is what the one that started it has (`getrusage`, `ru_maxrss`). This one has about 9 MB.
"""

import os
import sys


def main():
    runs, fine, command = int(sys.argv[1]), [int(code) for code in sys.argv[2].split(",")], sys.argv[3:]
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    best, memory = float("inf"), 0
    for _ in range(runs):
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=silent)
        _, status, usage = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) not in fine:
            sys.exit(f"{' '.join(command)} failed")
        best = min(best, usage.ru_utime + usage.ru_stime)
        memory = max(memory, usage.ru_maxrss * 1024)
    print(best, memory)


main()

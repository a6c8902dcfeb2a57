"""How much CPU does it cost to start: `import netlift`, and `netlift --help`, beside an empty Python?

Each is started in turn in a process of its own; the median counts, so that one slow start does not. CPU seconds
are user plus system time of the process and include the start of the interpreter.
"""

import os
import subprocess
import sys
from statistics import median

QUICK = {"starts": 3}

STARTED = {
    "empty Python": ["-c", "pass"],
    "import netlift": ["-c", "import netlift"],
    "netlift --help": ["-m", "netlift", "--help"],
    "netlift audit --help": ["-m", "netlift", "audit", "--help"],
}
LIMITS = {"import netlift": 0.3, "netlift --help": 0.5}
"""CPU seconds that each may cost."""


def cpu_seconds(arguments: list[str]) -> float:
    """CPU seconds of one Python process; it must end well."""
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"python {' '.join(arguments)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def run(starts: int = 15) -> dict[str, object]:
    """Start each `starts` times, in alternation."""
    for arguments in STARTED.values():
        cpu_seconds(arguments)  # byte code and disk cache
    rounds = [{name: cpu_seconds(arguments) for name, arguments in STARTED.items()} for _ in range(starts)]
    seconds = {name: median(times[name] for times in rounds) for name in STARTED}
    return {
        "starts": starts,
        "cpu_seconds": {
            name: {
                "median": seconds[name],
                "times empty": seconds[name] / seconds["empty Python"],
                "limit": LIMITS.get(name),
                "within": seconds[name] <= LIMITS[name] if name in LIMITS else None,
            }
            for name in STARTED
        },
    }

"""What the count will be at the deadline, with an honest chance: pure, from plain inputs to a plain answer.

`simulate.simulate(inputs, seed=...)` is the door. Only the modules that draw import numpy, and nothing imports those
at the start of a process. How the parts fit, and why so: `docs/decisions/0014-forecast.md`.
"""

"""What the count will be at the deadline, with an honest chance: pure, from plain inputs to a plain answer.

`simulate.simulate(inputs, seed=...)` is the door. `inputs`, `answer`, `season` and `score` are plain Python; the
rest imports numpy, and nothing imports it at the start of a process. Why so: `docs/decisions/0014-forecast.md`.
"""

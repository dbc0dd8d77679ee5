"""Does what process_sums.py does with workers of Ray, here on this machine.

    python -m pip install ray && python ray_sums.py [--rows N] [--workers N] [--steps N]

On a cluster, call `ray.init(address="auto")`, and let each worker read its own rows.
"""

import ray
from process_sums import descend, loss, options, points, report, shares

import chainrule


@ray.remote(num_cpus=1)
class Worker:
    """A process that owns some of the rows."""

    def __init__(self, program, rows, first):
        self.batch, self.first = program.batch(rows, threads=1), first

    def partial(self, p):
        """The sums over this worker's rows."""
        return self.batch.partial(p, self.first)


def main():
    arguments = options()
    rows = points(arguments.rows)
    program = chainrule.trace_rows(loss, [0.0, 0.0, 0.0], 3)
    ray.init(num_cpus=arguments.workers, include_dashboard=False, logging_level="warning")
    # The program and the rows travel by pickle, once.
    workers = [Worker.remote(program, rows[first:end], first) for first, end in shares(len(rows), arguments.workers)]

    def mean_value_and_gradient(p):
        waiting = [worker.partial.remote(p) for worker in workers]
        partials = []
        while waiting:
            # In the order in which they are done: it does not matter.
            done, waiting = ray.wait(waiting)
            partials += ray.get(done)
        return chainrule.Partial.merge(*partials).mean_value_and_gradient(program, len(rows))

    p, mean = descend(mean_value_and_gradient, arguments.steps)
    ray.shutdown()
    print(f"{len(workers)} workers of Ray, {len(rows)} rows, {arguments.steps} steps")
    report(program, rows, arguments.steps, p, mean)


if __name__ == "__main__":
    main()

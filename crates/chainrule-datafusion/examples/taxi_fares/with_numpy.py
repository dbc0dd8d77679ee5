"""The fit of main.rs with NumPy: the same rides in memory, the loss and its gradient by hand, one thread.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python with_numpy.py [rows] [steps]
"""

import sys
import time

import numpy as np

TRUE = np.array([3.5, 1.8, 0.35, 2.0])


def random(index, stream):
    """Numbers from 0 to 1, as `random` in rides.rs makes them."""
    bits = index * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(stream * 0xBF58476D1CE4E5B9 % 2**64)
    bits = (bits ^ bits >> np.uint64(30)) * np.uint64(0x94D049BB133111EB)
    return (bits ^ bits >> np.uint64(31)).astype(float) / 2.0**64


def rides(rows):
    index = np.arange(rows, dtype=np.uint64)
    distance = -4.0 * np.log(1.0 - random(index, 1))
    minutes = distance * (1.5 + 2.0 * random(index, 2)) + 2.0
    night = (random(index, 3) < 0.3).astype(float)
    noise = np.where(random(index, 4) < 0.01, 60.0, 2.0 * (random(index, 5) - 0.5))
    fare = TRUE[0] + TRUE[1] * distance + TRUE[2] * minutes + TRUE[3] * night + noise
    return distance, minutes, night, fare


def sum_gradient(p, distance, minutes, night, fare):
    """The sum of the losses and its gradient."""
    error = p[0] + p[1] * distance + p[2] * minutes + p[3] * night - fare
    root = np.sqrt(error * error + 1.0)
    slope = error / root
    gradient = np.array([slope.sum(), slope @ distance, slope @ minutes, slope @ night])
    return (root - 1.0).sum(), gradient


def main(rows=1_000_000, steps=100):
    data = rides(rows)
    p, first, second = np.zeros(4), np.zeros(4), np.zeros(4)
    seconds = 0.0
    for step in range(1, steps + 1):
        start = time.process_time()
        _, gradient = sum_gradient(p, *data)
        seconds += time.process_time() - start
        gradient /= rows
        # Adam with a rate of 0.3.
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        p -= 0.3 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    print("parameters", *p)
    print(f"million rows per second of processor time {rows * steps / seconds / 1e6:.2f}")


main(*map(int, sys.argv[1:]))

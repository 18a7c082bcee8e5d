"""The matrix products of a coupling network's middle layer in PyTorch: JSON of GFLOP/s by name, the median of the rounds
in the better layout: one row per pixel, or one per channel.

    python3 products_torch.py --pixels 1792 --width 512 --threads 2
"""
import argparse, json, statistics, time
import torch

options = argparse.ArgumentParser()
for name, default in [('pixels', 1792), ('width', 512), ('threads', 2), ('copies', 8), ('rounds', 9)]:
    options.add_argument(f'--{name}', type=int, default=default)
a = options.parse_args()
torch.set_num_threads(a.threads)
weights, total = torch.rand(a.width, a.width), torch.zeros(a.width, a.width)


def products(shape, images, of_weights):
    """Both products of activations of a shape, as functions without arguments."""
    wide = [torch.rand(*shape) for _ in range(2 * a.copies)]
    out = [torch.empty(*shape) for _ in range(a.copies)]
    pairs = list(zip(wide[:a.copies], wide[a.copies:]))
    return (lambda: [images(x, y) for x, y in zip(wide, out)], lambda: [of_weights(x, g) for x, g in pairs])


layouts = [
    products((a.pixels, a.width), lambda x, y: torch.mm(x, weights, out=y), lambda x, g: total.addmm_(x.t(), g)),
    products((a.width, a.pixels), lambda x, y: torch.mm(weights, x, out=y), lambda x, g: total.addmm_(g, x.t())),
]


def rate(f):
    seconds = []
    for _ in range(a.rounds + 2):
        begin = time.perf_counter(); f(); seconds.append(time.perf_counter() - begin)
    return 2e-9 * a.pixels * a.width ** 2 * a.copies / statistics.median(seconds[2:])


images, of_weights = [max(rate(f) for f in both) for both in zip(*layouts)]
print(json.dumps({'images': images, 'weights': of_weights}))

"""The matrix products of a coupling network's middle layer in PyTorch: JSON of GFLOP/s by name, the median of the rounds.

    python3 products_torch.py --pixels 2064 --width 512 --threads 2
"""
import argparse, json, statistics, time
import torch

options = argparse.ArgumentParser()
for name, default in [('pixels', 2064), ('width', 512), ('threads', 2), ('copies', 8), ('rounds', 9)]:
    options.add_argument(f'--{name}', type=int, default=default)
a = options.parse_args()
torch.set_num_threads(a.threads)
weights, total = torch.rand(a.width, a.width), torch.zeros(a.width, a.width)
wide = [torch.rand(a.pixels, a.width) for _ in range(2 * a.copies)]
out = [torch.empty(a.pixels, a.width) for _ in range(a.copies)]
pairs = list(zip(wide[:a.copies], wide[a.copies:]))


def images():
    for x, y in zip(wide, out):
        torch.mm(x, weights, out=y)


def gradient_of_weights():
    for x, g in pairs:
        total.addmm_(x.t(), g)


def rate(f):
    seconds = []
    for _ in range(a.rounds + 2):
        begin = time.perf_counter(); f(); seconds.append(time.perf_counter() - begin)
    return 2e-9 * a.pixels * a.width ** 2 * a.copies / statistics.median(seconds[2:])


print(json.dumps({'images': rate(images), 'weights': rate(gradient_of_weights)}))

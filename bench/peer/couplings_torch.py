"""Couplings in PyTorch, from parts: a mask, a conditioner and a transformer; and the convolutions that priors share with them.

A network computes n numbers for each of C channels. They are stored here as number 0 of every channel, then number 1, and so on, so
that chunks and views take them apart; the golden files store them by channel, and by_number puts those in order.
"""
import torch, torch.nn as nn, torch.nn.functional as F

P = nn.Parameter


class ActNorm(nn.Module):
    def __init__(s, c):
        super().__init__(); s.bias = P(torch.zeros(c)); s.logScale = P(torch.zeros(c))

    def forward(s, x):
        return (x + s.bias.view(1, -1, 1, 1)) * torch.exp(3 * s.logScale).view(1, -1, 1, 1)

    def logdet(s, hw):
        return hw * 3 * s.logScale.sum()


class Conv(nn.Module):
    """3x3 or 1x1 convolution. A 3x3 one has one more input channel that is 1 on the zero padding and 0 inside (the edge channel), and
    before it the mask, if there is one. Both are the same for every image, so they are convolved once and kept apart from the dense
    kernel, which stays contiguous and fast."""
    def __init__(s, i, o, k, std, masked=False):
        super().__init__(); s.k = k; s.kernel = P(torch.randn(o, i, k, k) * std) if i else None
        s.constant = P(torch.randn(o, 1 + masked, k, k) * std) if k > 1 else None

    def forward(s, x, mask=None):
        if s.k == 1:
            return F.conv2d(x, s.kernel)
        h, w = x.shape[2:]; e = F.pad(x.new_zeros(1, 1, h, w), (1, 1, 1, 1), value=1.)
        e = F.conv2d(e if mask is None else torch.cat([F.pad(mask, (1, 1, 1, 1)), e], 1), s.constant)
        return e if s.kernel is None else F.conv2d(x, s.kernel, padding=1) + e


class ConvAct(nn.Module):
    def __init__(s, i, o, k, masked=False):
        super().__init__(); s.conv = Conv(i, o, k, .05, masked); s.norm = ActNorm(o)

    def forward(s, x, mask=None):
        return F.relu(s.norm(s.conv(x, mask)))


class ConvScaled(nn.Module):
    def __init__(s, i, o):
        super().__init__(); s.conv = Conv(i, o, 3, 0.); s.bias = P(torch.zeros(o)); s.logScale = P(torch.zeros(o))

    def forward(s, x):
        return (s.conv(x) + s.bias.view(1, -1, 1, 1)) * torch.exp(3 * s.logScale).view(1, -1, 1, 1)


class GlowNet(nn.Module):
    def __init__(s, i, o, masked, width, blocks):
        super().__init__(); s.conv1 = ConvAct(i, width, 3, masked); s.conv2 = ConvAct(width, width, 1); s.conv3 = ConvScaled(width, o)

    def forward(s, x, mask=None):
        return s.conv3(s.conv2(s.conv1(x, mask)))

    def places(s, k, n):
        yield from conv_places(s.conv1.conv, k + 'conv1/kernel'); yield from norm_places(s.conv1.norm, k + 'conv1')
        yield from conv_places(s.conv2.conv, k + 'conv2/kernel'); yield from norm_places(s.conv2.norm, k + 'conv2')
        yield from conv_places(s.conv3.conv, k + 'conv3/kernel', n); yield from norm_places(s.conv3, k + 'conv3', n)


def celu(x):
    return torch.cat([F.elu(x), F.elu(-x)], 1)


class Block(nn.Module):
    def __init__(s, w):
        super().__init__(); s.conv1 = nn.Conv2d(2 * w, w, 3, padding=1); s.conv2 = nn.Conv2d(2 * w, 2 * w, 1)
        s.gain = P(torch.ones(w)); s.offset = P(torch.zeros(w))

    def forward(s, h):
        v, g = s.conv2(celu(s.conv1(celu(h)))).chunk(2, 1); h = h + v * torch.sigmoid(g)
        return F.layer_norm(h.permute(0, 2, 3, 1), s.gain.shape, s.gain, s.offset, 1e-5).permute(0, 3, 1, 2)


class GatedNet(nn.Module):
    """Gated residual blocks. The mask is convolved once, as in Conv."""
    def __init__(s, i, o, masked, width, blocks):
        super().__init__(); s.first = nn.Conv2d(i, width, 3, padding=1); s.mask = P(torch.empty(width, 1, 3, 3)) if masked else None
        s.blocks = nn.ModuleList([Block(width) for _ in range(blocks)]); s.last = nn.Conv2d(2 * width, o, 3, padding=1)
        for m in s.modules():
            if isinstance(m, nn.Conv2d): nn.init.normal_(m.weight, std=m.weight[0].numel() ** -.5); nn.init.zeros_(m.bias)
        if masked: nn.init.normal_(s.mask, std=(9 * (i + 1)) ** -.5)
        nn.init.zeros_(s.last.weight)

    def forward(s, x, mask=None):
        h = s.first(x) if mask is None else s.first(x) + F.conv2d(mask, s.mask, padding=1)
        for b in s.blocks: h = b(h)
        return s.last(celu(h))

    def places(s, k, n):
        i = s.first.in_channels; yield s.first.weight, k + 'first/kernel', lambda t: oihw(t)[:, :i]; yield s.first.bias, k + 'first/bias', same
        if s.mask is not None: yield s.mask, k + 'first/kernel', lambda t: oihw(t)[:, i:]
        for j, b in enumerate(s.blocks):
            q = f'{k}blocks/{j}/'; yield b.conv1.weight, q + 'kernel1', oihw; yield b.conv1.bias, q + 'bias1', same
            yield b.conv2.weight, q + 'kernel2', lambda t: t.t()[:, :, None, None]; yield b.conv2.bias, q + 'bias2', same
            yield b.gain, q + 'gain', same; yield b.offset, q + 'offset', same
        yield s.last.weight, k + 'last/kernel', lambda t: by_number(oihw(t), n); yield s.last.bias, k + 'last/bias', lambda t: by_number(t, n)


def affine(x, h):
    shift, t = h.chunk(2, 1); t = t + 2
    return (x + shift) * torch.sigmoid(t), F.logsigmoid(t)


def additive(x, h):
    return x + h, None


def mixture(x, h):
    """The logit of a mixture of K logistic distribution functions, then an affine map; h has 3K + 2 numbers for each value of x."""
    c = x.shape[1]; n = (h.shape[1] // c - 2) // 3; components, rest = h.split([3 * n * c, 2 * c], 1)
    weights, means, s = components.unflatten(1, (3, n, c)).unbind(1); shift, t = rest.chunk(2, 1); t = t + 2; s = s.clamp(min=-7)
    apart = (2 * torch.arange(n, dtype=x.dtype) - n + 1) / n
    z = (x.unsqueeze(1) - means - apart.view(-1, 1, 1, 1)) * torch.exp(-s)
    l = F.logsigmoid(z); below = F.log_softmax(weights, 1) + l            # ln σ(-z) = ln σ(z) - z
    lf, lu, ld = (torch.logsumexp(v, 1) for v in (below, below - z, below + l - z - s))
    return (lf - lu + shift) * torch.sigmoid(t), ld - lf - lu + F.logsigmoid(t)


conditioners = dict(glow=GlowNet, gated=GatedNet)
transformers = dict(affine=affine, additive=additive, mixture=mixture)
masks = ('channels', 'checkerboard')


class Coupling(nn.Module):
    """With the mask 'channels' the first half of the channels stays, with 'checkerboard' the pixels with (row + column) mod 2 = keep."""
    def __init__(s, c, width, coupling='affine', conditioner='glow', blocks=2, components=4, mask='channels', keep=0):
        super().__init__(); s.half = None if mask == 'checkerboard' else c // 2; s.keep = keep; s.transform = transformers[coupling]
        s.numbers = dict(affine=2, additive=1, mixture=3 * components + 2)[coupling]
        seen, changed = (c, c) if s.half is None else (s.half, c - s.half)
        s.net = conditioners[conditioner](seen, s.numbers * changed, s.half is None, width, blocks)

    def forward(s, x):
        if s.half is not None:
            a, b = x[:, :s.half], x[:, s.half:]; y, l = s.transform(b, s.net(a))
            return torch.cat([a, y], 1), 0. if l is None else l.sum((1, 2, 3))
        h, w = x.shape[2:]; mask = (torch.arange(h).view(-1, 1) + torch.arange(w)) % 2 == s.keep
        changed = torch.nonzero(~mask.flatten()).flatten(); mask = mask.to(x.dtype).view(1, 1, h, w)
        at = lambda v: v.flatten(2).index_select(2, changed).unsqueeze(3)   # only there are values transformed
        y, l = s.transform(at(x), at(s.net(x * mask, mask)))
        return x.flatten(2).index_copy(2, changed, y.squeeze(3)).unflatten(2, (h, w)), 0. if l is None else l.sum((1, 2, 3))

    def places(s, k):
        yield from s.net.places(k, s.numbers)


def same(t): return t


def oihw(t): return t.permute(3, 2, 0, 1)


def by_number(t, n): return t.unflatten(0, (-1, n)).transpose(0, 1).flatten(0, 1)


def norm_places(m, k, n=1):
    """The parameters of a module with their keys in the golden files, and how each is cut from the array there."""
    yield m.bias, k + '/bias', lambda t: by_number(t, n); yield m.logScale, k + '/logScale', lambda t: by_number(t, n)


def conv_places(c, k, n=1):
    i = 0 if c.kernel is None else c.kernel.shape[1]
    if i: yield c.kernel, k, lambda t: by_number(oihw(t)[:, :i], n)
    if c.constant is not None: yield c.constant, k, lambda t: by_number(oihw(t)[:, i:], n)

"""The mixings in PyTorch that the twin has: layers that return their result and ln|det|."""
import torch, torch.nn as nn, torch.nn.functional as F

P = nn.Parameter


class Conv1x1(nn.Module):
    def __init__(s, c):
        super().__init__(); s.weight = P(torch.linalg.qr(torch.randn(c, c))[0].contiguous())

    def forward(s, x):
        hw = x.shape[2] * x.shape[3]
        return F.conv2d(x, s.weight.t()[:, :, None, None]), hw * torch.linalg.slogdet(s.weight.double())[1].to(x.dtype)


class Emerging(nn.Module):
    """Two corner convolutions: right and below, then left and above. Kernels OIHW of the corner only."""
    def __init__(s, c, k=3):
        super().__init__(); r = (k + 1) // 2; s.r = r
        for n in ('kernel1', 'kernel2'):
            w = torch.randn(c, c, r, r) * .02
            w[:, :, 0 if n == 'kernel1' else r - 1, 0 if n == 'kernel1' else r - 1] += torch.eye(c); setattr(s, n, P(w))
        s.bias = P(torch.zeros(c))
        m1 = torch.ones(c, c, r, r); m1[:, :, 0, 0] = torch.tril(torch.ones(c, c)); s.register_buffer('m1', m1)
        m2 = torch.ones(c, c, r, r); m2[:, :, -1, -1] = torch.triu(torch.ones(c, c)); s.register_buffer('m2', m2)

    def forward(s, x):
        hw = x.shape[2] * x.shape[3]; p = s.r - 1; w1, w2 = s.kernel1 * s.m1, s.kernel2 * s.m2
        y = F.conv2d(F.pad(x, (0, p, 0, p)), w1); y = F.conv2d(F.pad(y, (p, 0, p, 0)), w2, s.bias)
        return y, hw * (w1[:, :, 0, 0].diagonal().abs().log().sum() + w2[:, :, -1, -1].diagonal().abs().log().sum())


def wrap(x, p):
    h, w = x.shape[2:]
    return x[:, :, torch.arange(-p, h + p) % h][:, :, :, torch.arange(-p, w + p) % w]


class Periodic(nn.Module):
    def __init__(s, c, k=3):
        super().__init__(); s.k = k; w = torch.randn(c, c, k, k) * .02; w[:, :, k // 2, k // 2] += torch.linalg.qr(torch.randn(c, c))[0]
        s.kernel = P(w); s.bias = P(torch.zeros(c))

    def forward(s, x):
        h, w = x.shape[2:]; p = s.k // 2
        y = F.conv2d(wrap(x, p), s.kernel, s.bias)
        i = (torch.arange(s.k) % h).view(-1, 1) * w + torch.arange(s.k) % w   # a kernel wider than the image wraps around
        g = s.kernel.new_zeros(*s.kernel.shape[:2], h * w).index_add(2, i.flatten(), s.kernel.flip(2, 3).flatten(2)).unflatten(2, (h, w))
        f = torch.fft.rfft2(g).permute(2, 3, 0, 1); l = torch.linalg.slogdet(f)[1]
        return y, l.sum() + l[:, 1:-1 if w % 2 == 0 else None].sum()


mixings = {'1x1': lambda c: [Conv1x1(c)], 'emerging': lambda c: [Conv1x1(c), Emerging(c)], 'periodic': lambda c: [Periodic(c)]}

// The test of a device: one that computes wrongly does not work.
import { afterEach, expect, it, vi } from 'vitest';
import { listDevices, tryDevice } from './listDevices.node.ts';
import { Session } from './session.ts';

afterEach(() => vi.restoreAllMocks());

it('finds that a device computes wrongly, which is reported like one that is missing', async () => {
  await tryDevice({ device: 'cpu' });
  const wrong = { shape: [1], data: Float32Array.of(4) };
  vi.spyOn(Session.prototype, 'run').mockResolvedValue({ 'output y': wrong });
  await expect(tryDevice({ device: 'cpu' })).rejects.toMatchObject({
    code: 'unsupported',
    message: "the device 'cpu' computes 2 + 1 = 4",
  });
  const devices = await listDevices();
  expect(devices[0]).toMatchObject({
    device: 'cpu',
    works: false,
    reason: "the device 'cpu' computes 2 + 1 = 4",
  });
});

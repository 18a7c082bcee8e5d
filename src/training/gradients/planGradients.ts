// Chooses how the gradients of a batch are computed: by how many workers, with activations kept or recomputed.

import { UserError } from '../../core/errors.ts';
import { availableBytes } from '../../core/platform/index.ts';
import { addressableOn, defaultDevice, isHost } from '../../tensor/engine/index.ts';
import type { GradientPlan, GradientRequest } from './gradientPlan.ts';
import { copiedBytes, threadedGradients } from './gradientThreads.ts';
import { likelihoodLoss } from './loss.ts';
import { piecewiseGradients } from './piecewiseGradients.ts';
import { wholeGradients } from './wholeGradients.ts';
import { chooseWorkers, threadsEach } from './workers.ts';

/** The share of available memory that activations may take: the runtime holds about twice what is live. */
const SHARE = 0.4;

/**
 * Chooses the number of workers, and whether activations are kept.
 *
 * @throws UserError if the request asks for what is impossible
 */
export function planGradients(request: GradientRequest): GradientPlan {
  const { available = availableBytes() } = request;
  const { workers, ...chosen } = chooseWorkers(request);
  if (workers > 1) {
    const copies = copiedBytes(request.layout, workers);
    const share = {
      ...request,
      images: request.images / workers,
      threads: threadsEach(workers, request),
      available: Math.max(0, available - copies) / workers,
    };
    return threadedGradients(share, workers, planForOneWorker(share, share.available));
  }
  return { ...planForOneWorker(request, available), ...chosen };
}

/** Whether one worker keeps activations. */
function planForOneWorker(request: GradientRequest, available: number): GradientPlan {
  const { activations = 'auto', device = defaultDevice } = request;
  const hasPieces = (request.loss ?? likelihoodLoss) === likelihoodLoss;
  if (activations === 'recompute') {
    if (!hasPieces) {
      throw new UserError(
        'unsupported',
        "activations 'recompute' is for training on images: use 'keep' with an action, or a smaller microBatch",
      );
    }
    return piecewiseGradients(request);
  }
  const wholePlan = wholeGradients(request);
  return activations === 'auto' &&
    hasPieces &&
    isHost(device) &&
    wholePlan.bytes > SHARE * addressableOn(device, available)
    ? piecewiseGradients(request)
    : wholePlan;
}

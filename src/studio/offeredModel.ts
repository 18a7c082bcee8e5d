// What a server and its page agree on: the models that a studio offers.

/** A model that a studio offers; values that are unknown are null. */
export interface OfferedModel {
  /** The path of its folder from the page: `models/mnist`, `runs/first`. */
  readonly path: string;
  /** Whether it was exported, or is a run, which may still be training. */
  readonly kind: 'export' | 'run';
  /** The files in its folder that make up the model, as `loadModel` takes them; none if there is a problem. */
  readonly files: readonly string[];
  /** The preset that it was trained with. */
  readonly preset: string | null;
  /** The dataset that it was trained on. */
  readonly data: string | null;
  /** The number of training steps. */
  readonly step: number | null;
  /** bits/dim of the test images. */
  readonly test: number | null;
  /** Why it cannot be used, as a sentence. */
  readonly problem: string | null;
}

/** The name of the list of offered models, next to the page. */
export const MODELS_FILE = 'models.json';

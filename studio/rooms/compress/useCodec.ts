// Tasks of the room Compress: images to a file, and a file to images.
import type { ImageShape } from 'emerging-flows';
import { useEffect, useState } from 'preact/hooks';
import { modelAddress, modelKey, type OfferedModel } from '../../models.ts';
import type { CodecSource } from '../../work/codecSource.ts';
import type { CodecProgress, CodeTrace, CompressedImages, DecodedImages } from '../../work/codecTasks.ts';
import { code } from '../../work/connections.ts';
import { isShown, useWork, type Work } from '../../work/useWork.ts';
import type { CompressSettings } from './compressSettings.ts';

/** Chosen images, or a compressed file. */
export type Chosen =
  | { readonly kind: 'source'; readonly source: CodecSource; readonly text: string }
  | { readonly kind: 'file'; readonly file: Blob; readonly name: string };

/** The work of the room. */
export interface Codec {
  readonly compressing: Work<CompressedImages> & { readonly progress: CodecProgress | undefined };
  readonly decoding: Work<DecodedImages>;
  /** The first of the compressed images on their way to bits, if any has the shape of the model's. */
  readonly tracing: Work<{ readonly of: CompressedImages; readonly trace: CodeTrace | undefined }>;
  /** Decodes the compressed images, and compares them with the originals. */
  decode(): void;
}

/** The shape of the images that a model compresses, once that is known, and why it can't compress. */
export function useCodable(model: OfferedModel | undefined): {
  readonly shape: ImageShape | undefined;
  readonly problem: string | undefined;
} {
  const key = model && modelKey(model);
  const checking = useWork(
    model &&
      (async (waiting) => ({ key, shape: await code('codable', { model: modelAddress(model) }, waiting) })),
    [key],
  );
  const isKnown = checking.result?.key === key && !isShown(checking);
  return { shape: isKnown ? checking.result?.shape : undefined, problem: checking.problem };
}

/**
 * Compresses or decompresses what is chosen.
 *
 * @param shape of the images that the model compresses, as text; undefined if it can't
 */
export function useCodec(
  model: OfferedModel | undefined,
  shape: string | undefined,
  chosen: Chosen | undefined,
  { block, withModel, tiles }: CompressSettings,
): Codec {
  const key = model && modelKey(model);
  const source = chosen?.kind === 'source' ? chosen.source : undefined;
  const compressing = useWork(
    model && source && shape !== undefined
      ? (waiting) =>
          code('compress', { model: modelAddress(model), source, block, withModel, tiles }, waiting)
      : undefined,
    [key, source, shape, block, withModel, tiles],
  );
  const compressed = source && !isShown(compressing) ? compressing.result : undefined;
  const tracing = useWork(
    model && source && compressed
      ? async (waiting) => ({
          of: compressed,
          trace: await code('trace', { model: modelAddress(model), source }, waiting),
        })
      : undefined,
    [compressed],
  );
  const [wanted, setWanted] = useState<CompressedImages>();
  // A dropped file is decoded at once.
  const file = chosen?.kind === 'file' ? chosen.file : wanted === compressed ? compressed?.file : undefined;
  const decoding = useWork(
    file &&
      (async (waiting) => {
        const order = { file, model: model && modelAddress(model), ...(source && { source }) };
        return { of: file, ...(await code('decompress', order, waiting)) };
      }),
    [file, file && key],
  );
  // The last result stays while, or although, the next file is decoded.
  const decoded = decoding.result?.of === file && !isShown(decoding) ? decoding.result : undefined;
  const isAtWork = compressing.progress !== undefined;
  // Nothing is kept until a file is complete: the browser asks before it leaves.
  useEffect(() => {
    if (!isAtWork) {
      return undefined;
    }
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isAtWork]);
  return {
    compressing: { ...compressing, result: compressed },
    decoding: { ...decoding, result: decoded },
    tracing,
    decode: () => setWanted(compressed),
  };
}

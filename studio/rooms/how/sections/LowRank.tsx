// Woodbury transformations: the identity plus a low-rank product.

import { useState } from 'preact/hooks';
import { decimal, plural } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { eliminationLogDet, type Matrix, multiplyMatrices } from '../maths/matrices.ts';
import { normals } from '../maths/random.ts';
import { Figure } from '../parts/Figure.tsx';
import { Heat } from '../parts/Heat.tsx';
import { Source } from '../parts/Source.tsx';

const SIZE = 14;

/** The identity plus a matrix. */
function plusIdentity(matrix: Matrix): number[][] {
  return matrix.map((row, i) => row.map((value, j) => value + (i === j ? 1 : 0)));
}

/** The section. */
export function LowRank() {
  return (
    <>
      <p>
        A matrix over all pixels is far too large to invert. I + U·V, with few columns in U and few rows in V,
        mixes all pixels too, but its determinant and inverse follow from the much smaller matrix I + V·U,
        whose size is the rank (<Source of="woodbury">Lu and Huang, 2020</Source>).
      </p>
      <TwoDeterminants />
    </>
  );
}

/** The figure. */
export function TwoDeterminants() {
  const [rank, setRank] = useState(3);
  const [seed, setSeed] = useState(1);
  const draw = normals(seed);
  const random = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0.4 * draw()));
  const [leftFactor, rightFactor] = [random(SIZE, rank), random(rank, SIZE)];
  const large = plusIdentity(multiplyMatrices(leftFactor, rightFactor));
  const small = plusIdentity(multiplyMatrices(rightFactor, leftFactor));
  return (
    <Figure
      title="Two matrices with the same determinant"
      controls={
        <>
          <Slider label="Rank" value={rank} least={1} most={8} onChange={setRank} />
          <button type="button" class="button" onClick={() => setSeed(seed + 1)}>
            New matrices
          </button>
        </>
      }
      description={
        <>
          ln|det(I + U·V)| = {decimal(eliminationLogDet(large), 3)} by elimination with {SIZE} rows; ln|det(I
          + V·U)| = {decimal(eliminationLogDet(small), 3)} with {plural(rank, 'row')}. U and V have{' '}
          {2 * rank * SIZE} entries, a full matrix {SIZE ** 2}; for a 32 × 32 image,{' '}
          {(2 * rank * 1024).toLocaleString('en')} compared with 1,048,576.
        </>
      }
    >
      <div class="how-factors">
        <Heat name="I + U·V" matrix={large} widest={SIZE} />
        <Heat name="U" matrix={leftFactor} widest={SIZE} />
        <Heat name="V" matrix={rightFactor} widest={SIZE} />
        <Heat name="I + V·U" matrix={small} widest={SIZE} />
      </div>
    </Figure>
  );
}

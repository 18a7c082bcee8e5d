// 1x1 convolutions: one matrix for all pixels, free or factored.

import { useState } from 'preact/hooks';
import { decimal } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { decomposePlu, decomposeQr, eliminationLogDet, logAbsOfDiagonal } from '../maths/matrices.ts';
import { normals } from '../maths/random.ts';
import { Figure } from '../parts/Figure.tsx';
import { Heat } from '../parts/Heat.tsx';
import { Pair } from '../parts/Pair.tsx';
import { Source } from '../parts/Source.tsx';

type Form = 'free' | 'plu' | 'qr';

/** The section. */
export function Pointwise() {
  return (
    <>
      <p>
        The kernels of an emerging convolution can’t mix channels freely, because the mask at their centre
        orders them. So a 1x1 convolution comes first: one C&nbsp;×&nbsp;C matrix W, the same for every pixel
        (<Source of="glow">Kingma and Dhariwal, 2018</Source>). Its ln|det| is H·W·ln|det W|. The matrix can
        be trained directly, or as a product of factors whose determinant can be read off: P·L·U with a fixed
        permutation, or Q·R with Q as a product of reflections (
        <Source of="householder">Tomczak and Welling, 2016</Source>;{' '}
        <Source of="emerging">Hoogeboom and others, 2019</Source>). Training can’t change the permutation of
        P·L·U; Q·R can represent every invertible matrix.
      </p>
      <Factors />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
      <div class="how-costs-frame" tabIndex={0}>
        <table class="how-costs">
          <caption>Cost of each form for C channels, without the product with every pixel</caption>
          <thead>
            <tr>
              <th scope="col">form</th>
              <th scope="col">W from its factors</th>
              <th scope="col">ln|det W|</th>
              <th scope="col">inverse of W</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">free</th>
              <td>nothing</td>
              <td>elimination, order C³</td>
              <td>elimination, order C³</td>
            </tr>
            <tr>
              <th scope="row">P·L·U</th>
              <td>triangular product, order C³</td>
              <td>sum of C numbers</td>
              <td>two triangular inverses, order C³</td>
            </tr>
            <tr>
              <th scope="row">Q·R</th>
              <td>C reflections, order C³</td>
              <td>sum of C logarithms</td>
              <td>triangular inverse, order C³, and a transpose</td>
            </tr>
          </tbody>
        </table>
      </div>
      <p>
        The product itself takes H·W·C² multiplications per image; the costs in the table arise once per
        batch. A trained model computes the inverse only once.
      </p>
      <Pair
        tex={'\\begin{gathered}W = P\\,L\\,U \\\\ \\ln\\lvert\\det W\\rvert = \\sum_c s_c\\end{gathered}'}
        excerpt="plu"
      >
        The diagonal of U is ±e<sup>s</sup> with fixed signs, so it never reaches zero.
      </Pair>
      <Pair
        tex={
          '\\begin{gathered}W = Q_1 \\cdots Q_C\\,R \\\\ \\ln\\lvert\\det W\\rvert = \\sum_c \\ln\\lvert R_{cc}\\rvert\\end{gathered}'
        }
        excerpt="qr"
      >
        Reflections preserve volume: |det Q| = 1.
      </Pair>
    </>
  );
}

/** The figure. */
export function Factors() {
  const [form, setForm] = useState<Form>('plu');
  const [channels, setChannels] = useState(6);
  const [seed, setSeed] = useState(1);
  const draw = normals(seed);
  const weight = Array.from({ length: channels }, () => Array.from({ length: channels }, draw));
  const { p, l, u } = decomposePlu(weight);
  const { q, r } = decomposeQr(weight);
  const factors = {
    free: [],
    plu: [
      { name: 'P', matrix: p },
      { name: 'L', matrix: l },
      { name: 'U', matrix: u },
    ],
    qr: [
      { name: 'Q', matrix: q },
      { name: 'R', matrix: r },
    ],
  }[form];
  const logAbsDet = {
    free: eliminationLogDet(weight),
    plu: logAbsOfDiagonal(u),
    qr: logAbsOfDiagonal(r),
  }[form];
  return (
    <Figure
      title="A channel matrix and its factors"
      controls={
        <>
          <Choice
            label="Form"
            value={form}
            options={[
              { value: 'free', text: 'free' },
              { value: 'plu', text: 'P·L·U' },
              { value: 'qr', text: 'Q·R' },
            ]}
            onChange={(value) => setForm(value as Form)}
          />
          <Slider label="Channels" value={channels} least={2} most={12} onChange={setChannels} />
          <button type="button" class="button" onClick={() => setSeed(seed + 1)}>
            New matrix
          </button>
        </>
      }
      description={
        <>
          A random {channels}&nbsp;×&nbsp;{channels} matrix. {explanations[form]} ln|det W| ={' '}
          {decimal(logAbsDet, 3)}.
        </>
      }
    >
      <div class="how-factors">
        <Heat name="W" matrix={weight} />
        {factors.map(({ name, matrix }, index) => (
          <div class="how-factor" key={name}>
            <span class="how-sign" aria-hidden="true">
              {index === 0 ? '=' : '·'}
            </span>
            <Heat name={name} matrix={matrix} />
          </div>
        ))}
      </div>
    </Figure>
  );
}

const explanations: Readonly<Record<Form, string>> = {
  free: 'Without structure, the determinant requires Gaussian elimination.',
  plu: 'P permutes rows and L has a unit diagonal, so the determinant follows from the diagonal of U.',
  qr: 'Q is orthogonal, so the determinant follows from the diagonal of R.',
};

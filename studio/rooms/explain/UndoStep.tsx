// Step 5: undoing a convolution.
import '../how/how.css';
import { UndoConvolution } from '../how/sections/Undo.tsx';

/** The step. */
export function UndoStep() {
  return (
    <>
      <p>
        All this works only if every layer can be undone. Convolutions suit images: they mix each pixel with
        its neighbours. But to undo one pixel you need its neighbours, and for those, their neighbours.{' '}
        <b>Watch it fail</b>, then choose <b>two corners: emerging</b>, and press <b>Undo it</b>. You can draw
        in the first picture.
      </p>
      <h2>Which convolution can be undone?</h2>
      <div class="how">
        <UndoConvolution starts />
      </div>
    </>
  );
}

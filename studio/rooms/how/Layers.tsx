// The layer reference, a page of the room How it works: every layer with a figure, its formula and its code.
import { linkTo } from '../../address.ts';
import { Chapter } from './Chapter.tsx';
import { layers } from './reference.ts';

/** The page. */
export function Layers() {
  return (
    <Chapter
      title="Layers"
      sections={layers}
      lead={
        <>
          What a flow of images is made of. A layer needs an inverse and a determinant that are both cheap;
          these get them in different ways. The code next to the formulas is this library’s.{' '}
          <a href={linkTo('how')}>How it works</a> starts from the beginning.
        </>
      }
    />
  );
}

// How far some work is, for work that takes long enough to notice.
import type { Work } from '../work/useWork.ts';
import './working.css';

/** Progress with a way to stop, or why there is no result; nothing if all is well. It keeps its room. */
export function Working({ work: { progress, problem, stop } }: { work: Work<unknown> }) {
  const share = progress?.total === undefined ? undefined : progress.done / progress.total;
  return (
    <div class="working">
      {progress && (
        <div class="working-progress">
          <progress aria-label={progress.doing} {...(share !== undefined && { value: share })} />
          <span>
            {progress.doing}
            {share !== undefined && ` ${Math.floor(100 * share)} %`}
          </span>
          <button type="button" onClick={stop}>
            Stop
          </button>
        </div>
      )}
      {problem !== undefined && (
        <p class="working-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

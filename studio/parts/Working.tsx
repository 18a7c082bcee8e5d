// Progress of work that takes long enough to notice.
import type { Work } from '../work/useWork.ts';
import './working.css';

/** Progress with a stop button, or the error; otherwise an empty element that keeps its height. */
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

import { useEffect, useReducer } from 'preact/hooks';
import type { Pulse } from '../live/pulse';

/** Redraws the component whenever the pulse beats. */
export function useChanges(pulse: Pulse | undefined): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!pulse) return;
    // Something may have changed between the first drawing and this moment.
    redraw(undefined);
    return pulse.subscribe(() => redraw(undefined));
  }, [pulse]);
}

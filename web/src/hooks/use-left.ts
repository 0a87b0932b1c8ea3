import { useEffect, useReducer } from 'preact/hooks';

/** The whole seconds until a moment, 0 when it has come or there is none. Redraws as they go by. */
export function useLeft(until: number | undefined): number {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const left = until === undefined ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1000));
  useEffect(() => {
    if (left === 0) return;
    // To the next whole second.
    const timer = setTimeout(() => redraw(undefined), until! - Date.now() - (left - 1) * 1000 + 5);
    return () => clearTimeout(timer);
  });
  return left;
}

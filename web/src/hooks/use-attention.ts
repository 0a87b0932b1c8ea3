import { useEffect, useState } from 'preact/hooks';

const isAttended = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/** Whether somebody can be looking: the page is visible and has the focus. */
export function useAttention(): boolean {
  const [attended, setAttended] = useState(isAttended);
  useEffect(() => {
    const look = (): void => setAttended(isAttended());
    look();
    document.addEventListener('visibilitychange', look);
    addEventListener('focus', look);
    addEventListener('blur', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      removeEventListener('focus', look);
      removeEventListener('blur', look);
    };
  }, []);
  return attended;
}

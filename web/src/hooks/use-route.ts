import { useEffect, useState } from 'preact/hooks';
import { parseRoute, pathOf, type Route } from '../model/route';

const NAVIGATED = 'hubbub:navigated';

export function navigate(route: Route, { replace = false } = {}): void {
  const path = pathOf(route);
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  dispatchEvent(new Event(NAVIGATED));
}

export function useRoute(): Route {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const read = (): void => setPath(location.pathname);
    addEventListener('popstate', read);
    addEventListener(NAVIGATED, read);
    return () => {
      removeEventListener('popstate', read);
      removeEventListener(NAVIGATED, read);
    };
  }, []);
  return parseRoute(path);
}

/** For a link of ours: a plain click stays in the page; one that asks for another tab or window is left to the browser. */
export function follow(event: MouseEvent, route: Route): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate(route);
}

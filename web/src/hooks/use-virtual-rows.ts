import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { estimateHeight, type Row } from '../model/rows';

/** Rows drawn beyond each edge of what is visible. */
const OVERSCAN = 8;

/** Whoever is this close to the end, in pixels, is taken to be at it. */
export const END_THRESHOLD = 100;

export type RowVirtualizer = Virtualizer<HTMLElement, HTMLElement>;

/**
 * The virtual list of a conversation. It is anchored to its end: what is put in front, and rows that turn out higher than
 * guessed, leave everything on the screen where it is; what is added behind is followed by those who are at the end, if that is the live one.
 */
export function useVirtualRows(rows: readonly Row[], scroller: RefObject<HTMLElement | null>, followsEnd: boolean): RowVirtualizer {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const held = useRef<RowVirtualizer | undefined>(undefined);
  const drawn = useRef<readonly Row[]>(rows);
  // Another function here means other rows: the virtualizer then goes through all of them.
  const getItemKey = useMemo(() => (index: number) => rows[index]?.key ?? index, [rows]);
  // The anchor is needed where rows come and go, and at the end. Elsewhere it would only have the height of the whole list
  // added up anew for each row that is measured: 0.5 s for a jump among 30 000 rows.
  const rowsAreOther = rows !== drawn.current;
  const needsAnchor = rowsAreOther || !held.current || held.current.isAtEnd(END_THRESHOLD);
  drawn.current = rows;
  const width = scroller.current?.clientWidth ?? 600;
  const options = {
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey,
    estimateSize: (index: number) => estimateHeight(rows[index]!, width),
    overscan: OVERSCAN,
    anchorTo: needsAnchor ? ('end' as const) : ('start' as const),
    followOnAppend: followsEnd,
    scrollEndThreshold: END_THRESHOLD,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  held.current ??= new Virtualizer<HTMLElement, HTMLElement>(options);
  const virtualizer = held.current;
  // What was scrolled since the last event of it must not be undone by keeping the place for new rows. (A finger that holds the list is the virtualizer's own affair.)
  if (rowsAreOther && scroller.current && matchMedia('(pointer: fine)').matches) virtualizer.scrollOffset = scroller.current.scrollTop;
  // The virtualizer follows what comes behind the last row. While an own message is on its way it is the last, and what others say comes before it.
  const follows = followsEnd && rowsAreOther && virtualizer.isAtEnd(END_THRESHOLD);
  virtualizer.setOptions(options);

  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => {
    if (follows) virtualizer.scrollToEnd();
  });
  useLayoutEffect(() => keepEndInSight(scroller.current!, virtualizer), [virtualizer, scroller]);
  return virtualizer;
}

/** A growing field to write in, or a phone's keyboard, takes height away: who was at the end stays there. */
function keepEndInSight(scroller: HTMLElement, virtualizer: RowVirtualizer): () => void {
  let height = scroller.clientHeight;
  const observer = new ResizeObserver(() => {
    const wasAtEnd = scroller.scrollHeight - scroller.scrollTop - height <= END_THRESHOLD;
    if (scroller.clientHeight !== height && wasAtEnd) virtualizer.scrollToEnd();
    height = scroller.clientHeight;
  });
  observer.observe(scroller);
  return () => observer.disconnect();
}

import { useEffect, useState, type RefObject } from 'react';

/** Whether a box has more than it shows: then the keyboard must reach it, or nobody without a mouse sees the rest. */
export function useScrolls(box: RefObject<HTMLElement | null>): boolean {
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const one = box.current;
    if (!one || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => setScrolls(one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1));
    observer.observe(one);
    for (const child of one.children) observer.observe(child);
    return () => observer.disconnect();
  }, [box]);
  return scrolls;
}

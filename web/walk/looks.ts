// What must hold of any screen in any state, language, theme and width.
import { expect } from 'vitest';
import { patience, type Person } from './browser';

const chinese = /[\u4e00-\u9fff]/;

/** A heading, words in the reader's language, nothing cut off, nothing serious for axe, and a focus that can be seen. */
export async function looksRight(person: Person, where: string) {
  await expect.poll(() => person.page.getByRole('heading', { level: 1 }).or(person.page.locator('.front h3')).first().innerText().catch(() => ''), { message: `${where}: a heading`, timeout: 15_000 * patience }).not.toBe('');
  const text = await person.page.evaluate(() => {
    // Formulas are neither Chinese nor English; what says of itself that it is English may be so (WCAG 3.1.2),
    // and what says that it is not translated is in no language.
    const main = document.querySelector<HTMLElement>('main') ?? document.body;
    const apart = [...main.querySelectorAll<HTMLElement>('.formula, code, .ant-select-auto-complete, [lang="en"], [translate="no"]')].map((one) => ({ one, display: one.style.display }));
    for (const { one } of apart) one.style.display = 'none';
    const seen = main.innerText;
    for (const { one, display } of apart) one.style.display = display;
    return seen;
  });
  // What programs say when nobody said it for them.
  expect(text.match(/\{\{|\[object |\bundefined\b|\bNaN\b|\bInfinity\b|Invalid Date/g) ?? [], `${where}: raw values`).toEqual([]);
  expect(foreign(text, person.look.lang), `${where}: words of the other language`).toEqual([]);
  expect(await sideways(person), `${where}: wider than the window`).toEqual([]);
  expect(await cut(person), `${where}: cut off with nowhere to read the rest`).toEqual([]);
  await person.accessible(where);
  person.fine(where);
}

/** Lines in the wrong language. Data have the language they have: product names, countries, what somebody wrote. */
export function foreign(text: string, lang: 'zh' | 'en'): string[] {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
  if (lang === 'en') return lines.filter((line) => chinese.test(line) && line !== '\u4e2d\u6587');
  return lines.filter((line) => !chinese.test(line) && /[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(line));
}

/** The document scrolls inside its frame, never sideways; what scrolls inside it has said so by a box of its own. */
function sideways(person: Person): Promise<string[]> {
  return person.page.evaluate(() => {
    const wide: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > window.innerWidth) wide.push(`document ${root.scrollWidth}`);
    const main = document.querySelector('main');
    if (main && main.scrollWidth > main.clientWidth + 1) {
      const edge = main.getBoundingClientRect().right;
      const out = [...main.querySelectorAll<HTMLElement>('*')].filter((one) => one.getBoundingClientRect().right > edge + 1).slice(0, 3);
      wide.push(`main ${main.scrollWidth} > ${main.clientWidth}: ${out.map((one) => one.outerHTML.slice(0, 120)).join(' | ')}`);
    }
    return wide;
  });
}

/** Text that an ellipsis or an edge cuts, where no title or tooltip says the rest. */
function cut(person: Person): Promise<string[]> {
  return person.page.evaluate(() => {
    const found: string[] = [];
    for (const one of document.querySelectorAll<HTMLElement>('main *')) {
      if (one.childElementCount > 0 || !one.textContent?.trim() || one.clientWidth < 4 || one.closest('svg,[aria-hidden="true"],.cm-editor')) continue;
      const style = getComputedStyle(one);
      if (style.overflowX !== 'hidden' && style.overflowX !== 'clip') continue;
      if (one.scrollWidth > one.clientWidth + 1 && !one.closest('[title]')) found.push(`${one.className}: ${one.textContent.trim().slice(0, 60)}`);
    }
    return found;
  });
}

/** Tabs through what can be reached and looks whether one sees where one is. */
export async function focusIsSeen(person: Person, where: string, most = 40) {
  await person.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const unseen: string[] = [];
  let reached = 0;
  for (let step = 0; step < most; step += 1) {
    await person.page.keyboard.press('Tab');
    const look = () => person.page.evaluate(() => {
      const one = document.activeElement as HTMLElement | null;
      if (!one || one === document.body) return null;
      // A control may draw its focus on the box around it.
      for (let box: HTMLElement | null = one, up = 0; box && up < 6; box = box.parentElement, up += 1) {
        const style = getComputedStyle(box);
        if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) return { seen: true, what: '' };
        if (up < 3 && /ant-(input|select|picker|segmented|radio|checkbox|switch)/.test(box.className?.toString() ?? '') && style.boxShadow !== 'none') return { seen: true, what: '' };
        if (box.matches('.ant-slider-handle') && parseFloat(getComputedStyle(box, '::after').outlineWidth) > 0) return { seen: true, what: '' };
        if (box.matches('.ant-select-focused,.ant-input-affix-wrapper-focused,.formula')) return { seen: true, what: '' };
      }
      return { seen: false, what: one.outerHTML.slice(0, 140) };
    });
    let told = await look();
    if (told && !told.seen) {
      // A ring that grows is there a moment later.
      await person.page.waitForTimeout(300);
      told = await look();
    }
    if (!told) break;
    reached += 1;
    if (!told.seen) unseen.push(told.what);
  }
  expect(reached, `${where}: something is reached by Tab`).toBeGreaterThan(0);
  expect(unseen.join('\n'), `${where}: focus that nobody sees`).toBe('');
}

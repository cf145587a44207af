// A browser that listens: no request leaves the host, nothing breaks in the page, every screen is looked at by axe.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { shots } from './house';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A busy machine is no defect of the page: GRADUS_WALK_PATIENCE=4 waits four times as long. */
export const patience = Number(process.env.GRADUS_WALK_PATIENCE ?? 1);

let browser: Browser | undefined;
export async function open(): Promise<Browser> {
  browser ??= await chromium.launch({ executablePath: process.env.GRADUS_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'] });
  return browser;
}
export async function close() {
  await browser?.close();
  browser = undefined;
}

/** While one writes: the page as it lies in web/dist (or the folder that is named), instead of what the binary was built with. */
function fromDist(path: string) {
  const named = process.env.GRADUS_WALK_DIST ?? '1';
  const dist = named === '1' ? join(import.meta.dirname, '../dist') : named;
  const file = join(dist, path);
  return path !== '/' && existsSync(file) ? { path: file } : { body: readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', 'walk'), contentType: 'text/html; charset=utf-8' };
}

export interface Look { lang: 'zh' | 'en'; dark?: boolean; width?: number; height?: number }

/** Who is at a browser now. */
export const people = new Set<Person>();

/** One person at one browser. */
export class Person {
  readonly troubles: string[] = [];
  private constructor(readonly context: BrowserContext, readonly page: Page, readonly look: Look) {}

  static async at(url: string, look: Look): Promise<Person> {
    const context = await (await open()).newContext({
      locale: look.lang === 'zh' ? 'zh-CN' : 'en-GB',
      timezoneId: 'Asia/Shanghai',
      colorScheme: look.dark ? 'dark' : 'light',
      viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
      reducedMotion: 'reduce',
      bypassCSP: false,
    });
    // Chosen before, as by the button at the top: a link's own language would come in its place.
    // An empty page between two screens has no storage.
    await context.addInitScript((lang) => { if (location.origin !== 'null') localStorage.setItem('gradus.language', lang); }, look.lang);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000 * patience);
    const person = new Person(context, page, look);
    people.add(person);
    const host = new URL(url).host;
    await context.route('**/*', (route) => {
      const path = new URL(route.request().url()).pathname;
      if (process.env.GRADUS_WALK_DIST && !path.startsWith('/api')) return route.fulfill(fromDist(path));
      if (new URL(route.request().url()).host === host || !/^https?:/.test(route.request().url())) return route.continue();
      person.troubles.push(`asked another host: ${route.request().url()}`);
      return route.abort();
    });
    page.on('pageerror', (error) => person.troubles.push(`broke: ${error.message}`));
    page.on('console', (message) => {
      // What the server refuses the page shows; what it says of its own code is a defect.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) person.troubles.push(`console: ${message.text()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 500) person.troubles.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
    return person;
  }

  /** Everything that is asked for has come, and nothing moves. */
  async settled() {
    await this.page.waitForLoadState('networkidle').catch(() => {});
    // Charts are drawn by a part of the page that comes by itself, and what has come may show what is still to come.
    const waits = this.page.locator('.ant-skeleton-active, .ant-spin-spinning, figure.chart > [role="img"]:empty:visible');
    for (let calm = 0, until = Date.now() + 20_000 * patience; calm < 3 && Date.now() < until; calm += 1) {
      await this.page.waitForTimeout(100);
      if (await waits.count() > 0) calm = -1;
    }
  }

  async shot(name: string, full = false) {
    await this.settled();
    await this.picture(name, full);
  }

  /** Presses an entry of the menu, and waits until the screen before is gone: both may have a tab or a button of one name. */
  async menu(label: string) {
    const entry = this.page.getByRole('navigation').getByRole('link', { name: label, exact: true });
    const heading = this.page.getByRole('main').getByRole('heading', { level: 1 });
    const before = (await heading.count()) > 0 ? await heading.first().elementHandle() : null;
    const title = await before?.textContent();
    const leads = new URL((await entry.getAttribute('href'))!, this.page.url()).pathname !== new URL(this.page.url()).pathname;
    await entry.click();
    if (before && leads) await this.page.waitForFunction(([one, title]) => !one.isConnected || one.textContent !== title, [before, title] as const);
  }

  /** Drops a file where files can be dropped, as from the desktop. */
  async drop(onto: Locator, name: string, text: string) {
    const data = await this.page.evaluateHandle(([name, text]) => {
      const carried = new DataTransfer();
      carried.items.add(new File([text], name, { type: 'text/csv' }));
      return carried;
    }, [name, text] as const);
    await onto.dispatchEvent('drop', { dataTransfer: data });
  }

  /** Chooses by typing, as the lists allow. */
  async choose(box: Locator, title: string) {
    await box.click();
    if (await box.isEditable()) await box.fill(title);
    await this.page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByTitle(title, { exact: true }).first().click();
  }

  /** What a screen reader says of the place one is at: its label, its placeholder or its text. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const one = document.activeElement as HTMLElement | null;
      return one ? (one.getAttribute('aria-label') ?? one.getAttribute('placeholder') ?? one.textContent ?? '').trim() : '';
    });
  }

  /** Presses Tab until one is there. */
  async tabTo(name: string | RegExp, most = 120) {
    for (let step = 0; step < most; step += 1) {
      await this.page.keyboard.press('Tab');
      const at = await this.focused();
      if (typeof name === 'string' ? at === name : name.test(at)) return;
    }
    throw new Error(`Tab does not lead to ${name}`);
  }

  /** As it is now, whatever is still to come. */
  async picture(name: string, full = false) {
    const size = this.page.viewportSize()!;
    // The page scrolls inside its frame, so the window grows until all of it is seen.
    const height = full ? await this.page.evaluate(() => {
      const main = document.querySelector('main');
      return main ? Math.min(2600, window.innerHeight + main.scrollHeight - main.clientHeight) : window.innerHeight;
    }) : size.height;
    if (height > size.height) {
      await this.page.setViewportSize({ ...size, height });
      await this.page.waitForTimeout(150);
    }
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
    if (height > size.height) await this.page.setViewportSize(size);
  }

  /** Somebody with a story: on gold, with an override that is about to end. */
  anyCustomer(): Promise<string> {
    return this.page.evaluate(async () => {
      const response = await fetch('/api/v1/customers/search', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Gradus': '1' }, body: JSON.stringify({ tier: { scheme: 'member', level: 'gold' }, limit: 1 }) });
      return ((await response.json()) as { items?: { customer: string }[] }).items?.[0]?.customer ?? '';
    });
  }

  /** No serious finding of axe on what is shown. */
  async accessible(where: string) {
    // The page's policy forbids foreign scripts; the debugger's door is open to us.
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      const run = (window as unknown as { axe: { run: (node: Document, options: object) => Promise<{ violations: { id: string; impact: string; nodes: { target: string[]; html: string }[] }[] }> } }).axe.run;
      const result = await run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
      return result.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.html.slice(0, 140)}`).join(' | ')}`);
    });
    expect(found.join('\n'), `${where} ${this.look.lang}`).toBe('');
  }

  /** What the walk itself brought about. */
  forgive(what: RegExp) {
    const own = this.troubles.filter((one) => !what.test(one));
    this.troubles.splice(0, Infinity, ...own);
  }

  fine(where: string) {
    expect(this.troubles, where).toEqual([]);
  }

  async leave() {
    people.delete(this);
    await this.context.close();
  }
}

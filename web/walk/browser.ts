// A browser that listens: no request leaves the host, nothing breaks in the page, every screen is looked at by axe.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { shots } from './house';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser | undefined;
export async function open(): Promise<Browser> {
  browser ??= await chromium.launch({ executablePath: process.env.GRADUS_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'] });
  return browser;
}
export async function close() {
  await browser?.close();
  browser = undefined;
}

/** While one writes: the page as it lies in web/dist, instead of what the binary was built with. */
function fromDist(path: string) {
  const dist = join(import.meta.dirname, '../dist');
  const file = join(dist, path);
  return path !== '/' && existsSync(file) ? { path: file } : { body: readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', 'walk'), contentType: 'text/html; charset=utf-8' };
}

export interface Look { lang: 'zh' | 'en'; dark?: boolean; width?: number; height?: number }

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
    await context.addInitScript((lang) => localStorage.setItem('gradus.language', lang), look.lang);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const person = new Person(context, page, look);
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
    await this.page.locator('.ant-skeleton-active, .ant-spin-spinning').first().waitFor({ state: 'detached', timeout: 20_000 }).catch(() => {});
    await this.page.waitForTimeout(250);
  }

  async shot(name: string, full = false) {
    await this.settled();
    await this.page.screenshot({ path: join(shots, `${name}.png`), fullPage: full });
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
    expect(found, `${where} ${this.look.lang}`).toEqual([]);
  }

  fine(where: string) {
    expect(this.troubles, where).toEqual([]);
  }

  async leave() {
    await this.context.close();
  }
}

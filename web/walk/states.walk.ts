// Every screen in each of its states: while it waits, when the server fails or is gone, in a workspace where
// nothing is yet, and for somebody who may only look. GRADUS_WALK_ALL=1: in every look, else a state in one or two;
// GRADUS_WALK_SOME=1, for `make test`: each screen in one of its states, in less than a minute.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from 'playwright-core';
import { close, Person, type Look } from './browser';
import { full } from './full';
import { ADMINISTRATOR, serve, VIEWER, type House } from './house';
import { looksRight } from './looks';
import { fronts, screens, type Screen } from './screens';
import { wordsIn } from './words';

type Named = Look & { name: string };
const EN: Named = { name: 'en', lang: 'en' };
const ZH: Named = { name: 'zh', lang: 'zh' };
const ZH_DARK: Named = { name: 'zh-dark-1024', lang: 'zh', dark: true, width: 1024, height: 768 };
const EN_DARK: Named = { name: 'en-dark-1024', lang: 'en', dark: true, width: 1024, height: 768 };
const PHONE: Named = { name: 'zh-phone', lang: 'zh', width: 390, height: 844 };
const SOME = !!process.env.GRADUS_WALK_SOME;
const looks = (...usual: Named[]) => (process.env.GRADUS_WALK_ALL ? [EN, ZH, ZH_DARK, EN_DARK] : SOME ? usual.slice(0, 1) : usual);
/** Of four states each screen is walked in one, if not all are wanted. */
const among = (list: Screen[], state: number) => (SOME ? list.filter((one) => screens.indexOf(one) % 4 === state) : list);
const asking = screens.filter((one) => !one.still);

const lived = {} as Record<'zh' | 'en', House>;
let empty: House;
let customer = '';
beforeAll(async () => {
  // What people wrote is in their language, so each language has a house.
  for (const lang of ['zh', 'en'] as const) lived[lang] = await full(`states-${lang}`, lang);
  empty = await serve('states-empty', { empty: true });
});
afterAll(async () => {
  await close();
  for (const house of Object.values(lived)) await house.stop();
  await empty?.stop();
});

/** Somebody signed in at a house, in one browser for all screens of a block. */
function at(house: () => House, email: string, look: Look) {
  const held: { person: Person; go: (screen: Screen) => Promise<unknown> } = {} as never;
  beforeAll(async () => {
    const person = await Person.at(house().url, look);
    held.person = person;
    await person.page.goto(house().link(email));
    await person.page.getByRole('navigation').waitFor();
    customer ||= await person.anyCustomer();
    held.go = async (screen) => {
      const to = house().url + screen.path.replace('{customer}', customer || '1');
      // Another place on the same screen loads nothing anew.
      if (person.page.url().split('#')[0] === to.split('#')[0]) await person.page.goto('about:blank');
      await person.page.goto(to);
    };
  });
  afterAll(async () => {
    await held.person?.leave();
  });
  return held;
}

/** All that the screens ask for, but not who is signed in. */
const asked = (url: URL) => url.pathname.startsWith('/api/') && url.pathname !== '/api/v1/session';

describe.each(looks(ZH))('waiting, $name', (look) => {
  const held = at(() => lived[look.lang], ADMINISTRATOR, look);
  it.each(among(asking, 0))('$name', async (screen) => {
    const { person, go } = held;
    const waiting: Route[] = [];
    const hold = (route: Route) => void waiting.push(route);
    await person.page.route(asked, hold);
    await go(screen);
    // It says that it waits, where a screen reader hears it, and has its heading already.
    await person.page.getByRole('main').getByRole('status', { name: wordsIn(look.lang)('ui.loading') }).first().waitFor();
    await person.page.waitForTimeout(150);
    await person.picture(`${screen.name}-waiting-${look.name}`);
    await looksRight(person, `${screen.name} waiting`);
    await person.page.unroute(asked, hold);
    await Promise.all(waiting.map((route) => route.abort().catch(() => {})));
  });
});

const FAILURES = [
  { name: 'down', act: (route: Route) => route.abort('connectionrefused') },
  { name: '503', act: (route: Route, lang: 'zh' | 'en') => problem(route, 503, 'unavailable', lang === 'zh' ? '数据库暂时不可用，请稍后再试。' : 'The database cannot be reached at the moment; try again in a minute.') },
  { name: '500', act: (route: Route, lang: 'zh' | 'en') => problem(route, 500, 'internal', lang === 'zh' ? '服务器内部出错，这是 Gradus 的缺陷。' : 'Something broke inside the server; this is a defect of Gradus.') },
] as const;
function problem(route: Route, status: number, code: string, detail: string) {
  return route.fulfill({ status, contentType: 'application/problem+json', headers: { 'x-request-id': 'walk-0001' }, body: JSON.stringify({ type: `urn:gradus:${code}`, title: code, status, code, detail, request_id: 'walk-0001' }) });
}

describe.each(FAILURES.filter((one) => !SOME || one.name === '500').flatMap((failure, index) => looks([EN_DARK, ZH, EN][SOME ? 2 : index]!).map((look) => ({ failure, look, title: `${failure.name}, ${look.name}` }))))('failing: $title', ({ failure, look }) => {
  const held = at(() => lived[look.lang], ADMINISTRATOR, look);
  const word = wordsIn(look.lang);
  it.each(among(asking, 1))('$name', async (screen) => {
    const { person, go } = held;
    const act = (route: Route) => failure.act(route, look.lang);
    await person.page.unrouteAll({ behavior: 'ignoreErrors' }); // of a screen before that did not come so far
    await person.page.route(asked, act);
    await go(screen);
    // What went wrong, what to do, and a way to try again; a lost connection is tried twice more first.
    const retry = person.page.getByRole('main').getByRole('button', { name: word('ui.retry') }).first();
    const notYet = person.page.getByRole('main').getByText(word('ui.notYet'));
    await retry.or(notYet).first().waitFor({ timeout: 20_000 });
    if (await notYet.count() > 0) return;
    expect(await person.page.getByRole('alert').count(), screen.name).toBeGreaterThan(0);
    await person.picture(`${screen.name}-${failure.name}-${look.name}`);
    person.forgive(/^50[03] /);
    await looksRight(person, `${screen.name} ${failure.name}`);
    // And trying again helps, once the server is back.
    await person.page.unroute(asked, act);
    await retry.click();
    await retry.waitFor({ state: 'detached', timeout: 15_000 });
  });
});

describe.each(looks(EN, ZH_DARK))('nothing yet, $name', (look) => {
  const held = at(() => empty, ADMINISTRATOR, look);
  it.each(among(screens, 2))('$name', async (screen) => {
    const { person, go } = held;
    await go(screen);
    await person.settled();
    await person.picture(`${screen.name}-empty-${look.name}`);
    await looksRight(person, `${screen.name} empty`);
    // No dead end: an empty place leads on.
    const states = person.page.getByRole('main').locator('.state-empty');
    if (await states.count() > 0 && !(await states.first().innerText()).includes(wordsIn(look.lang)('ui.notYet'))) expect(await states.first().locator('a, button').count() + await person.page.locator('.page-actions').locator('a, button').count(), `${screen.name}: what to do next`).toBeGreaterThan(0);
  });
});

describe.each(looks(ZH, EN_DARK))('only to look at, $name', (look) => {
  const held = at(() => lived[look.lang], VIEWER, look);
  const word = wordsIn(look.lang);
  it.each(among(screens, 3))('$name', async (screen) => {
    const { person, go } = held;
    await go(screen);
    await person.settled();
    await person.picture(`${screen.name}-viewer-${look.name}`);
    await looksRight(person, `${screen.name} viewer`);
    // Nothing to press that the server would refuse.
    for (const forbidden of ['draft.save', 'versions.submit', 'versions.approve', 'imports.confirm', 'runs.start', 'quarantine.replay', 'quarantine.replayNone', 'doubles.look', 'flows.down', 'flows.removeStep', 'trees.copy', 'trees.remove']) {
      const button = person.page.getByRole('main').getByRole('button', { name: word(forbidden, { n: 0 }), exact: true });
      if (await button.count() > 0) expect(await button.first().isDisabled(), `${screen.name}: ${forbidden}`).toBe(true);
    }
  });
});

describe.each(looks(EN_DARK, ZH))('before signing in, $name', (look) => {
  it.each(fronts)('$name', async (screen) => {
    const person = await Person.at(lived[look.lang].url, look);
    await person.page.goto(lived[look.lang].url + screen.path);
    await person.settled();
    await person.picture(`${screen.name}-front-${look.name}`);
    await looksRight(person, screen.name);
    await person.leave();
  });
});

describe('on a phone', () => {
  const held = at(() => lived.zh, VIEWER, PHONE);
  it.each(SOME ? screens.filter((one) => one.name === 'customer') : screens.filter((one) => one.lookup))('$name', async (screen) => {
    const { person, go } = held;
    await go(screen);
    await person.settled();
    await person.picture(`${screen.name}-${PHONE.name}`);
    await looksRight(person, `${screen.name} phone`);
  });
});

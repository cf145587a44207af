// Every screen on the real data, light in English and dark in Chinese on a narrower window (GRADUS_WALK_ALL=1 adds
// the other two). Each is looked at by axe; the pictures are in target/walk/shots for people.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person, type Look } from './browser';
import { ADMINISTRATOR, serve, type House } from './house';
import { screens } from './screens';

const LOOKS: (Look & { name: string })[] = [
  { name: 'en-light', lang: 'en' },
  { name: 'zh-dark-1024', lang: 'zh', dark: true, width: 1024, height: 768 },
  { name: 'zh-light', lang: 'zh' },
  { name: 'en-dark-1024', lang: 'en', dark: true, width: 1024, height: 768 },
].slice(0, process.env.GRADUS_WALK_ALL ? 4 : 2) as (Look & { name: string })[];

let house: House;
beforeAll(async () => {
  house = await serve('screens');
});
afterAll(async () => {
  await close();
  await house?.stop();
});

const chinese = /[\u4e00-\u9fff]/;

describe.each(LOOKS)('$name', (look) => {
  let person: Person;
  beforeAll(async () => {
    person = await Person.at(house.url, look);
    await person.page.goto(house.link(ADMINISTRATOR));
    await person.page.getByRole('navigation').waitFor();
  });
  afterAll(async () => {
    await person?.leave();
  });

  it.each(screens)('$name', async ({ name, path }) => {
    await person.page.goto(house.url + path);
    await person.shot(`${name}-${look.name}`, true);
    person.fine(name);
    await person.accessible(name);
    // The document scrolls inside its frame, never sideways.
    expect(await person.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    const heading = await person.page.getByRole('heading', { level: 1 }).first().innerText();
    if (look.lang === 'en') expect(chinese.test(heading), heading).toBe(false);
  });
});

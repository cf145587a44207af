// Every screen on the real data, with what the demo's people did: light in English and dark in Chinese on a narrower
// window (GRADUS_WALK_ALL=1 adds the other combinations). The pictures are in target/walk/shots for people.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person, type Look } from './browser';
import { full } from './full';
import { ADMINISTRATOR, type House } from './house';
import { focusIsSeen, looksRight } from './looks';
import { screens } from './screens';

const LOOKS: (Look & { name: string })[] = [
  { name: 'en-light', lang: 'en' },
  { name: 'zh-dark-1024', lang: 'zh', dark: true, width: 1024, height: 768 },
  { name: 'zh-light', lang: 'zh' },
  { name: 'en-dark-1024', lang: 'en', dark: true, width: 1024, height: 768 },
  { name: 'en-light-1024', lang: 'en', width: 1024, height: 768 },
  { name: 'zh-dark', lang: 'zh', dark: true },
  { name: 'zh-light-1024', lang: 'zh', width: 1024, height: 768 },
  { name: 'en-dark', lang: 'en', dark: true },
] as (Look & { name: string })[];
/** Some looks only: GRADUS_WALK_LOOKS=zh-light,en-dark. */
const named = process.env.GRADUS_WALK_LOOKS?.split(',');
const looks = named ? LOOKS.filter((one) => named.includes(one.name)) : LOOKS.slice(0, process.env.GRADUS_WALK_ALL ? 8 : 2);
/** Some screens only, while one mends them: GRADUS_WALK_ONLY=tables,table. */
const only = process.env.GRADUS_WALK_ONLY?.split(',');

const houses = new Map<string, House>();
beforeAll(async () => {
  // What people wrote is in their language, so each language has a house.
  for (const lang of ['en', 'zh'] as const) houses.set(lang, await full(`screens-${lang}`, lang));
});
afterAll(async () => {
  await close();
  for (const house of houses.values()) await house.stop();
});

describe.each(looks)('$name', (look) => {
  let person: Person;
  let customer = '';
  const house = () => houses.get(look.lang)!;
  beforeAll(async () => {
    person = await Person.at(house().url, look);
    await person.page.goto(house().link(ADMINISTRATOR));
    await person.page.getByRole('navigation').waitFor();
    customer = await person.anyCustomer();
  });
  afterAll(async () => {
    await person?.leave();
  });

  it.each(only ? screens.filter((one) => only.includes(one.name)) : screens)('$name', async ({ name, path, fresh }) => {
    await person.page.goto(house().url + path.replace('{customer}', customer));
    await person.shot(`${name}-${look.name}`, true);
    await looksRight(person, name);
    // Figures say as of when, and when they were computed.
    if (fresh) expect(await person.page.locator('.fresh').first().innerText(), name).toMatch(/\d{4}-\d{2}-\d{2}/);
    await focusIsSeen(person, name);
  });
});

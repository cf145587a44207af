// Somebody on an empty workspace who chooses an industry, follows its tour to the end, and then leaves the sample
// data for their own: by visible words only, in both languages, with axe on each new screen.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { ADMINISTRATOR, serve, type House } from './house';
import { wordsIn } from './words';

interface Words { zh: string; en: string }
interface Tour { title: Words; steps: { path: string; title: Words; text: Words }[] }

afterAll(close);

describe.each([['zh', 'ecommerce'], ['en', 'bank']] as const)('a beginning, %s, %s', (lang, industry) => {
  const word = wordsIn(lang);
  let house: House;
  let one: Person;
  let dark: Person;
  beforeAll(async () => {
    house = await serve(`beginning-${lang}`, { empty: true, lang });
    one = await Person.at(house.url, { lang });
    dark = await Person.at(house.url, { lang, dark: true, width: 1024, height: 768 });
  });
  afterAll(async () => {
    await one?.leave();
    await dark?.leave();
    await house?.stop();
  });

  const read = async <T>(path: string) => one.page.evaluate(async (at) => (await fetch(`/api/v1${at}`)).json(), path) as Promise<T>;

  it('goes through an industry and its tour, and starts over', async () => {
    const began = Date.now();
    const { page } = one;
    await dark.page.goto(house.link(ADMINISTRATOR));
    await dark.page.getByRole('button', { name: word('start.begin') }).click();
    await dark.shot(`beginning-choice-dark-${lang}`, true);
    await dark.accessible('choice, dark');
    await page.goto(house.link(ADMINISTRATOR));
    await page.getByRole('button', { name: word('start.begin') }).click();
    await one.shot(`beginning-choice-${lang}`, true);
    await one.accessible('choice');
    const { items } = await read<{ items: { name: string; title: Words }[] }>('/industries');
    const title = items.find((each) => each.name === industry)!.title[lang];
    await page.getByRole('button', { name: word('industries.begin', { what: title }) }).click();
    await page.getByRole('heading', { level: 1, name: word('industries.working', { what: title }) }).waitFor();
    await one.picture(`beginning-working-${lang}`);
    const strip = page.getByRole('complementary', { name: word('tour.name') });
    await strip.waitFor({ timeout: 90_000 });
    const seconds = Math.round((Date.now() - began) / 1000);
    await page.getByText(word('frame.sample', { what: title })).waitFor();
    await one.shot(`beginning-home-${lang}`);
    await one.accessible('home with a tour');

    const { tour } = await read<{ tour: Tour }>('/me/tour');
    const at = (person: Person) => new URL(person.page.url()).pathname;
    for (const [index, step] of tour.steps.entries()) {
      await strip.getByRole('heading', { name: step.title[lang] }).waitFor();
      await strip.getByText(step.text[lang]).waitFor();
      if (at(one) !== step.path) await strip.getByRole('button', { name: word('tour.here') }).click();
      await one.settled();
      expect(at(one)).toBe(step.path);
      // What the step speaks of is there.
      expect(await page.locator('.main .state-error, .main .state-lock').count(), `${industry} ${step.path}`).toBe(0);
      expect(await page.locator('.main h1').count(), step.path).toBe(1);
      await one.shot(`beginning-tour-${index + 1}-${lang}`);
      await one.accessible(step.path);
      if (index === 1) {
        // Put aside, and taken up where it was, also after the page was loaded anew.
        await strip.getByRole('button', { name: word('tour.leave') }).click();
        await strip.waitFor({ state: 'detached' });
        await page.reload();
        await page.getByRole('button', { name: word('frame.tour', { n: 2, all: tour.steps.length }) }).click();
        await strip.getByRole('heading', { name: step.title[lang] }).waitFor();
        await dark.page.goto(house.link(ADMINISTRATOR));
        await dark.page.getByRole('complementary', { name: word('tour.name') }).getByRole('button', { name: word('tour.here') }).click();
        await dark.shot(`beginning-tour-dark-${lang}`);
        await dark.accessible('tour, dark');
      }
      const last = index === tour.steps.length - 1;
      await strip.getByRole('button', { name: word(last ? 'tour.end' : 'tour.next') }).click();
    }
    await strip.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: word('frame.tourAgain') }).waitFor();
    one.fine('the tour');

    await page.getByRole('link', { name: word('frame.startOver') }).click();
    const go = page.getByRole('button', { name: word('start-over.go') });
    await go.waitFor();
    await one.shot(`beginning-over-${lang}`);
    await one.accessible('start over');
    expect(await go.isDisabled()).toBe(true);
    await page.getByLabel(word('start-over.type', { word: industry })).fill(industry);
    await go.click();
    await page.getByRole('heading', { level: 1, name: word('industries.title') }).waitFor();
    expect(await page.getByText(word('frame.sample', { what: title })).count()).toBe(0);
    one.fine('starting over');
    dark.fine('in the dark');
    console.log(`${lang}: ${industry} ready after ${seconds} s, the whole way ${Math.round((Date.now() - began) / 1000)} s`);
  });
});

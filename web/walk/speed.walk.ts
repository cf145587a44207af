// How long an operator waits, with as many customers as GRADUS_SPEED_WORKSPACE holds (`make bench-page` makes
// it). A benchmark: it prints medians, and fails only if something breaks.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { ADMINISTRATOR, firstLine, gradus, place } from './house';
import { screens } from './screens';

const workspace = process.env.GRADUS_SPEED_WORKSPACE ?? '';
const ROUNDS = Number(process.env.GRADUS_SPEED_ROUNDS ?? 5);
const shown = screens.filter((one) => !['welcome', 'import-one', 'later', 'simulated', 'segment', 'scorecard', 'table', 'tier', 'indicator'].includes(one.name));
const own = [{ name: 'scorecard', path: '/scorecards/value' }, { name: 'tier', path: '/tiers/member' }, { name: 'indicator', path: '/indicators/monetary' }];

interface Answer { status: number; ms: number; body: any }
let server: ChildProcess;
let person: Person;
/** Somebody who has just signed in, in a browser that has seen nothing yet. */
let arrive: () => Promise<void>;
let url = '';
const lines: string[] = [];

const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
function say(what: string, all: number[], note = '') {
  const line = `${what.padEnd(44)} ${median(all).toFixed(0).padStart(6)} ms   (${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)}, n = ${all.length})${note}`;
  lines.push(line);
  console.log(line);
}

/** Asks as the page does, and times it where the answer is read. */
function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  return person.page.evaluate(async ([method, path, body]) => {
    const before = performance.now();
    const answer = await fetch(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json', 'x-gradus': '1', accept: 'application/json' }, body: body === null ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, ms: performance.now() - before, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }, [method, path, body ?? null] as const);
}

async function timed(what: string, method: string, path: string, body: (round: number) => unknown): Promise<Answer> {
  const answers: Answer[] = [];
  const first = await ask(method, path, body(-1));
  expect(first.status, `${what}: ${JSON.stringify(first.body).slice(0, 400)}`).toBeLessThan(300);
  for (let round = 0; round < ROUNDS; round++) answers.push(await ask(method, path, body(round)));
  say(what, answers.map((one) => one.ms), `, first ${first.ms.toFixed(0)} ms`);
  return first;
}

/** The heading is there, and nothing on the screen waits any more. */
const usable = () => !!document.querySelector('h1') && !document.querySelector('.ant-skeleton-active, .ant-spin-spinning, [aria-busy="true"]');

describe.skipIf(!workspace)('speed', () => {
  beforeAll(async () => {
    const run = (...args: string[]) => execFileSync(gradus, ['--workspace', workspace, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      run('user', 'add', ADMINISTRATOR, '--name', 'Ada', '--role', 'administrator');
    } catch { /* there from the round before */ }
    server = spawn(gradus, ['--workspace', workspace, '--format', 'json', 'serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    ({ url } = await firstLine(server));
    arrive = async () => {
      await person?.context.close();
      person = await Person.at(url, { lang: 'en' });
      person.page.setDefaultTimeout(120_000);
      await person.page.goto(run('user', 'link', ADMINISTRATOR, '--at', url).trim());
      await person.page.getByRole('navigation').waitFor();
      // What listens to each request keeps the browser from its cache.
      await person.context.unrouteAll();
    };
    await arrive();
  });
  afterAll(async () => {
    // What the server took at its peak.
    const status = server?.pid ? readFileSync(`/proc/${server.pid}/status`, 'utf8') : '';
    lines.push(`server at its peak: ${(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1048576).toFixed(2)} GB`);
    console.log(lines.at(-1));
    writeFileSync(join(place, 'speed.txt'), lines.join('\n') + '\n');
    await close();
    server?.kill('SIGTERM');
  });

  it('answers', async () => {
    const model = (await ask('GET', '/model/draft')).body;
    const document = model.document ?? model;
    expect(document.scorecards?.value, JSON.stringify(Object.keys(model))).toBeTruthy();
    const changed = (round: number) => {
      const copy = structuredClone(document);
      copy.scorecards.value.attributes.recency.weight = 2.6 + round / 10;
      return copy;
    };
    const preview = await timed('preview of a changed weight, whole base', 'POST', '/preview/model', (round) => ({ document: changed(round), scorecard: 'value', scheme: 'member' }));
    lines.push(`customers: ${preview.body.customers}`);
    await timed('preview of a changed cut, whole base', 'POST', '/preview/model', (round) => {
      const copy = structuredClone(document);
      copy.tiers.member.levels.gold.top_percent = 21 + round;
      return { document: copy, scheme: 'member' };
    });
    await timed('segment counted while typed', 'POST', '/preview/segment', (round) => ({ base: 'everyone', where: `monetary > ${500 + 10 * round} and orders >= 2 and recency_days < 90` }));
    const found = await timed('customers, first page of a tier', 'POST', '/customers/search', () => ({ tier: { scheme: 'member', level: 'gold' }, limit: 50 }));
    const customer = found.body.items[7].customer;
    await timed('a customer', 'GET', `/customers/${customer}`, () => undefined);
    await timed('the statement of a score', 'GET', `/customers/${customer}/statement?scorecard=value`, () => undefined);
    own.push({ name: 'customer', path: `/customers/${customer}` });
  }, 1_200_000);

  it('shows every screen', async () => {
    for (const { name, path } of [...shown, ...own]) {
      const all: number[] = [];
      // A browser that was led through eighty screens by their addresses is slower than anybody's.
      await arrive();
      for (let round = 0; round < ROUNDS + 1; round++) {
        const before = performance.now();
        await person.page.goto(url + path, { waitUntil: 'commit' });
        await person.page.waitForFunction(usable, undefined, { polling: 30 });
        if (round > 0) all.push(performance.now() - before);
        else lines.push(`${name} first: ${(performance.now() - before).toFixed(0)} ms`);
      }
      say(`screen ${name}`, all);
      person.fine(name);
    }
  }, 2_400_000);
});

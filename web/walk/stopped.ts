// A walk that stops says where each person was and leaves a picture of what they saw: shots/stopped-….png.
import { afterEach } from 'vitest';
import { people } from './browser';

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const where = task.name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
  await Promise.all([...people].map(async (person, at) => {
    const seen = await person.page.getByRole('main').innerText({ timeout: 1_000 }).catch(() => '');
    console.error(`stopped at ${person.page.url()}\n${seen.replace(/\s+/g, ' ').slice(0, 600)}\n${person.troubles.join('\n')}`);
    await person.picture(`stopped-${where}-${person.look.lang}-${at}`).catch(() => {});
  }));
});

// A walk that stops leaves a picture of what each person saw: shots/stopped-….png.
import { afterEach } from 'vitest';
import { people } from './browser';

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const where = task.name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
  const pictures = [...people].map((person, at) => person.picture(`stopped-${where}-${person.look.lang}-${at}`).catch(() => {}));
  await Promise.all(pictures);
});

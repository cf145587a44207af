// A deed carries a key under which it is done once, however often it is sent; a question carries none, so that its answer is not kept.
import { expect, it } from 'vitest';
import { answerWith, send } from '../src/shared/api/client';

async function keyOf(method: string, path: string): Promise<string | null> {
  let sent: Request | undefined;
  answerWith((request) => { sent = request; return Promise.resolve(new Response('{}')); });
  await send(new Request(`http://localhost/api/v1${path}`, { method, body: method === 'GET' ? undefined : '{}' }));
  return sent!.headers.get('Idempotency-Key');
}

it.each(['/runs', '/imports', '/simulate', '/uploads?name=a.csv', '/customers/7/overrides', '/model/draft/submit', '/learn/clusters', '/reviews'])('%s is done once', async (path) => {
  const first = await keyOf('POST', path);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(await keyOf('POST', path)).not.toBe(first);
});

it.each(['/preview/rules', '/preview/model', '/preview/segment', '/preview/indicator', '/model/check', '/model/test', '/model/rules', '/customers/search', '/satisfaction/customers', '/learn/cuts', '/weights/ahp', '/uploads/ab12/preview', '/uploads/ab12/propose'])('%s is only a question', async (path) => {
  expect(await keyOf('POST', path)).toBeNull();
});

it('reads without a key', async () => {
  expect(await keyOf('GET', '/runs')).toBeNull();
});

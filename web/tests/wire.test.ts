import { describe, expect, it } from 'vitest';
import { received, sent } from '../src/shared/api/wire';

describe('answers of the server', () => {
  it('that are bare lists become a list without a next page', () => {
    expect(received('get', '/keys', [{ id: 'k' }])).toEqual({ items: [{ id: 'k' }], next_cursor: null, total: 1 });
  });

  it('give the local date of the clock', () => {
    const answer = { user: { id: 'u' }, workspace: { time_zone: 'Asia/Shanghai', clock: { kind: 'fixed', now: '2025-06-29T16:00:00Z' } } };
    expect(received('get', '/session', answer)).toMatchObject({ workspace: { clock: { date: '2025-06-30' } } });
  });

  it('tell which published version is in force', () => {
    const of = (version: number, effective_from: string) => ({ version, state: 'approved', reviewer: 'b', publications: [{ effective_from, at: effective_from, withdrawn: null }] });
    const { items } = received('get', '/model/versions', [of(1, '2025-01-01T00:00:00Z'), of(2, '2025-02-01T00:00:00Z'), of(3, '2999-01-01T00:00:00Z'), { version: 4, state: 'review', publications: [] }]) as { items: { version: number; state: string }[] };
    expect(items.map((one) => [one.version, one.state])).toEqual([[4, 'review'], [3, 'scheduled'], [2, 'published'], [1, 'retired']]);
  });

  it('name the columns of a page of customers', () => {
    const page = { columns: [{ name: 'value' }, { name: 'city' }], items: [{ customer: '1', label: 'x', tiers: { t: 'gold' }, values: ['72.5', null] }], total: 1 };
    expect(received('post', '/customers/search', page)).toMatchObject({ items: [{ tier: { t: 'gold' }, values: { value: '72.5', city: null }, score: { value: 72.5, city: null } }] });
  });

  it('that already have the form of the page stay as they are', () => {
    const draft = { document: {}, etag: '"7"', revision: 3 };
    expect(received('get', '/model/draft', draft)).toBe(draft);
    expect(received('get', '/model/draft', { document: {}, revision: 3 })).toMatchObject({ etag: '"3"' });
  });
});

it('requests are written as the server reads them', () => {
  expect(sent('post', '/customers/search', { sort: { by: 'value', descending: true }, limit: 5 })).toEqual({ limit: 5, sort: { column: 'value', descending: true } });
  expect(sent('post', '/session/enter', { token: 'abc' })).toEqual({ code: 'abc' });
});

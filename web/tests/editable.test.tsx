// @vitest-environment jsdom
// Whoever may only look at a model sees its fields and can press none of them.
import { Button } from 'antd';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';

const rights = vi.hoisted(() => ({ edit: true }));
vi.mock('../src/shared/session', async (given) => ({ ...(await given<object>()), useMay: () => () => rights.edit }));
const { Choose, Editable } = await import('../src/shared/draft/Editable');

beforeAll(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  window.matchMedia = ((query: string) => ({ matches: false, media: query, addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {} })) as never;
});
afterEach(cleanup);

const form = (first: boolean) => <Editable><Choose aria-label="form" value="a" options={['a', 'b']} /><Button disabled={first || undefined}>down</Button></Editable>;
const enabled = () => [...screen.getAllByRole('radio'), screen.getByRole('button', { name: 'down' })].map((one) => !(one as HTMLInputElement).disabled);

it('lets those who may edit choose and move', () => {
  rights.edit = true;
  render(form(false));
  expect(enabled()).toEqual([true, true, true]);
  cleanup();
  render(form(true));
  expect(enabled()).toEqual([true, true, false]);
});

it('lets those who may only look do neither', () => {
  rights.edit = false;
  render(form(false));
  expect(enabled()).toEqual([false, false, false]);
});

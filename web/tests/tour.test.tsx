// @vitest-environment jsdom
// The strip of the guided tour: what it says, where its buttons lead, and that it goes when it is put aside.
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ComponentProps } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import TourStrip from '../src/features/tour';
import { setLang } from '../src/shared/i18n/language';

const both = (zh: string, en: string) => ({ zh, en });
const steps = ['/', '/tiers/member', '/rfm'].map((path, index) => ({ path, title: both(`标题${index}`, `Title ${index}`), text: both(`正文${index}`, `Text ${index}`) }));
const place = vi.hoisted(() => ({ step: 0, state: 'open', path: '/', go: vi.fn() }));

vi.mock('antd', () => ({ Button: ({ icon: _, type, ...rest }: ComponentProps<'button'> & { icon?: unknown; type?: string }) => <button {...rest} type="button" data-kind={type} /> }));
vi.mock('@tanstack/react-router', () => ({ useRouterState: () => place.path }));
vi.mock('../src/shared/tour', () => ({ useTour: () => ({ tour: { industry: 'shop', title: both('店', 'Shop'), steps, step: place.step, state: place.state }, go: place.go }) }));

const at = (next: Partial<typeof place>) => Object.assign(place, next);
const press = (name: string) => userEvent.click(screen.getByRole('button', { name }));
beforeEach(() => {
  at({ step: 0, state: 'open', path: '/' });
  place.go.mockClear();
});
afterEach(cleanup);

describe('the strip of the tour', () => {
  it('says the step in the reader’s language and leads on', async () => {
    setLang('en', false);
    render(<TourStrip />);
    expect(screen.getByRole('complementary', { name: 'Guided tour' }).textContent).toContain('Step 1 of 3');
    screen.getByText('Text 0');
    expect((screen.getByRole('button', { name: 'Back' }) as HTMLButtonElement).disabled).toBe(true);
    await press('Next');
    expect(place.go).toHaveBeenLastCalledWith(1, 'open');
    await press('Put the tour aside');
    expect(place.go).toHaveBeenLastCalledWith(0, 'left');
  });

  it('offers the way back only where one is elsewhere, and ends at the last step', async () => {
    setLang('zh', false);
    at({ step: 2, path: '/customers' });
    render(<TourStrip />);
    screen.getByText('正文2');
    await press('回到这一步的页面');
    expect(place.go).toHaveBeenLastCalledWith(2, 'open');
    expect(screen.queryByRole('button', { name: '下一步' })).toBeNull();
    await press('结束导览');
    expect(place.go).toHaveBeenLastCalledWith(2, 'done');
    cleanup();
    at({ path: '/rfm' });
    render(<TourStrip />);
    expect(screen.queryByRole('button', { name: '回到这一步的页面' })).toBeNull();
  });

  it.each(['left', 'done'])('is not there once it is %s', (state) => {
    at({ state });
    expect(render(<TourStrip />).container.textContent).toBe('');
  });
});

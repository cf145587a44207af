// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, renderHook } from '@testing-library/react';
import { useState, type ReactNode } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import type { TierScheme } from '../src/shared/api/document';
import { setLang } from '../src/shared/i18n/language';
import { Benefits } from '../src/features/tiers/Benefits';
import { KeepRules } from '../src/features/tiers/KeepRules';
import { reachOf, remembers, settled, titleOf, withKeep, withReach, written } from '../src/features/tiers/policy';
import { sentences, useSaid } from '../src/features/tiers/said';

window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} })) as never;
afterEach(cleanup);
const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>{children}</QueryClientProvider>);

const plain: TierScheme = {
  by: 'value', decide: 'monthly',
  levels: { member: { title: { zh: '普通', en: 'Member' } }, silver: { title: { zh: '银卡', en: 'Silver' }, from: 40 }, gold: { title: { zh: '金卡', en: 'Gold' }, from: 60, benefits: [{ title: { zh: '贵宾室', en: 'Lounge' }, cost: 30, per: 'month' }] } },
};
const say = (lang: 'zh' | 'en', scheme: TierScheme) => {
  setLang(lang, false);
  return sentences(scheme, renderHook(() => useSaid()).result.current, lang, String);
};

describe('the rules of a scheme', () => {
  it('are settled: a scheme that remembers has a start, one that does not has none', () => {
    expect(remembers(plain)).toBe(false);
    const keeps = settled({ ...plain, keep: { grace: '1 month' } }, '2011-12-10');
    expect(keeps.start).toBe('2010-12-01');
    expect(settled({ ...keeps, start: '2011-03-01' }, '2011-12-10').start).toBe('2011-03-01');
    expect('start' in settled({ ...keeps, keep: undefined }, '2011-12-10')).toBe(false);
    for (const change of [{ promote: 'at_once' }, { freeze: [{ from: '2011-11-01', until: '2011-12-31' }] }, { decide: 'anniversary' }] as Partial<TierScheme>[]) expect(remembers({ ...plain, ...change }), JSON.stringify(change)).toBe(true);
    expect(remembers({ ...plain, levels: { ...plain.levels, gold: { from: 60, demote: 55 } } })).toBe(true);
  });

  it('reach every level above the lowest in one way, with names and benefits kept', () => {
    const places = withReach(plain.levels, 'quota');
    expect(reachOf({ ...plain, levels: places })).toBe('quota');
    expect(places.member).toEqual({ title: { zh: '普通', en: 'Member' } });
    expect(places.silver!.from).toBeUndefined();
    expect(places.gold!.quota!).toBeLessThan(places.silver!.quota!);
    expect(places.gold!.benefits).toEqual(plain.levels.gold!.benefits);
    const percent = withReach(places, 'top_percent');
    expect(Number(percent.gold!.top_percent)).toBeLessThan(Number(percent.silver!.top_percent));
    const back = withReach(percent, 'from');
    expect(Number(back.silver!.from)).toBeLessThan(Number(back.gold!.from));
  });

  it('that keep a level go where places are settled anew: the engine takes only one of the two', () => {
    const kept = settled({ ...plain, decide: 'anniversary', promote: 'at_once', keep: { grace: '1 month' }, freeze: [{ from: '2011-11-01', until: '2011-11-11' }] }, '2011-12-10');
    const places = settled({ ...kept, levels: withReach(kept.levels, 'quota_percent') }, '2011-12-10');
    expect(Object.keys(places).sort()).toEqual(['by', 'decide', 'levels']);
    expect(places.decide).toBe('yearly');
    expect(remembers(places)).toBe(false);
  });

  it('are left out where they say nothing', () => {
    expect(withKeep({ grace: '1 month' }, { grace: undefined })).toBeUndefined();
    expect(withKeep(undefined, { one_level: false })).toBeUndefined();
    expect(withKeep({ grace: '1 month' }, { one_level: true })).toEqual({ grace: '1 month', one_level: true });
    expect(written({ title: 'a' })).toBe('a');
    expect(written({ title: 'a', cost: 3, per: 'year' })).toEqual({ title: 'a', cost: 3 });
    expect(titleOf({ title: { en: 'x' }, cost: 1 })).toEqual({ en: 'x' });
  });

  it('are said in both languages, from the highest level down', () => {
    const kept: TierScheme = { ...plain, start: '2011-01-01', promote: 'at_once', keep: { at_least: '6 months', grace: '30 days', one_level: true }, freeze: [{ title: { zh: '双十一' }, from: '2011-11-01', until: '2011-11-11' }], levels: { ...plain.levels, gold: { ...plain.levels.gold, from: 60, demote: 50 } } };
    const zh = say('zh', kept);
    expect(zh.levels).toEqual(['达到 60 升为“金卡”；升上来以后，低于 50 才算不够。', '达到 40 即为“银卡”，低于 40 就不再够格。', '其余客户为“普通”。']);
    expect(zh.rules).toEqual(['每月最后一天收盘时复核。', '升级不等复核：一够格就显示，当天收盘后作数。', '进入一级后至少保留 6 个月，其间不降。', '不够格以后再宽限 30 天：其间补足就当没有发生过。', '一次复核最多降一级。', '双十一（2011-11-01 至 2011-11-11）谁也不降。', '从 2011-01-01 起按日历一次次累计：什么时候运行、多久运行一次，结果都一样。']);
    const en = say('en', plain);
    expect(en.levels.at(-1)).toBe('Everybody else is “Member”.');
    expect(en.rules.at(-1)).toContain('No keep rules');
  });
});

function Editing({ scheme }: { scheme: TierScheme }) {
  const [now, set] = useState(scheme);
  return <><KeepRules scheme={now} put={(change) => set(settled({ ...now, ...change }, '2011-12-10'))} /><Benefits level="Gold" value={now.levels.gold!.benefits} onChange={(benefits) => set({ ...now, levels: { ...now.levels, gold: { ...now.levels.gold, benefits } } })} /><output>{JSON.stringify(now)}</output></>;
}

describe('the designer', () => {
  it('turns a rule on with a span that can be meant, and off again', () => {
    setLang('en', false);
    const { container } = show(<Editing scheme={plain} />);
    const now = () => JSON.parse(container.querySelector('output')!.textContent!) as TierScheme;
    // By attribute: asking by role goes through every style of every element, which takes seconds here.
    const field = (role: string) => container.querySelector<HTMLElement>(`[role="${role}"][aria-label="Grace period"]`)!;
    fireEvent.click(field('switch'));
    expect(now().keep).toEqual({ grace: '1 month' });
    expect(now().start).toBe('2010-12-01');
    fireEvent.change(field('spinbutton'), { target: { value: '3' } });
    expect(now().keep).toEqual({ grace: '3 months' });
    fireEvent.click(field('switch'));
    expect(now().keep).toBeUndefined();
    expect(now().start).toBeUndefined();
  });

  it('keeps what a benefit costs while its name is changed', () => {
    setLang('en', false);
    const { container } = show(<Editing scheme={plain} />);
    fireEvent.change(container.querySelector('[aria-label="Gold benefit 1 English"]')!, { target: { value: 'Lounges' } });
    const now = JSON.parse(container.querySelector('output')!.textContent!) as TierScheme;
    expect(now.levels.gold!.benefits).toEqual([{ title: { zh: '贵宾室', en: 'Lounges' }, cost: 30, per: 'month' }]);
  });
});

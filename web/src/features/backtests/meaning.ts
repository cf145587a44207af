// What the figures of one date mean, in sentences that ask for no statistics.
import type { Lang } from '../../shared/api/contract';
import type { BacktestDate, ScoreJudged } from '../../shared/api/validation';
import { listed } from '../../shared/format/list';
import type { BacktestSay } from './words';

/** A sentence begins with a capital letter where there are any. */
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** How well a score tells customers apart: by the lower end of the interval, so that luck is no merit. */
export function strength(low: number): 'mStrong' | 'mGood' | 'mWeak' | 'mNone' {
  return low >= 0.8 ? 'mStrong' : low >= 0.7 ? 'mGood' : low > 0.55 ? 'mWeak' : 'mNone';
}

/** The score that is told of: the one that tells most. */
export function mainScore(scores: ScoreJudged[]): ScoreJudged | undefined {
  const best = (one: ScoreJudged) => Math.max(0, ...one.separations.map((own) => own.auc.value));
  return [...scores].sort((a, b) => best(b) - best(a))[0];
}

export function meaning(date: BacktestDate, say: BacktestSay, lang: Lang, percent: (value: number) => string): string[] {
  const { judged } = date;
  const stop = lang === 'zh' ? '。' : '.';
  const orders = judged.tiers.map((scheme) => {
    const of = (standing: string) => scheme.orders.filter((one) => one.standing === standing).length;
    const parts = [say('mOrders', { scheme: scheme.title[lang], good: of('holds') }), ...(of('contradicted') ? [say('mContradicted', { bad: of('contradicted') })] : []), ...(of('unclear') ? [say('mUnclear', { n: of('unclear') })] : [])];
    return listed(parts, lang) + stop;
  });
  const score = mainScore(judged.scores);
  const separations = (score?.separations ?? []).map((one) => {
    const outcome = judged.outcomes.find((own) => own.outcome === one.outcome)?.title[lang] ?? one.outcome;
    const told = say(strength(one.auc.low), { score: score!.title[lang], outcome });
    return `${told}${lang === 'zh' ? '：' : ': '}${say('mChance', { auc: percent(one.auc.value) })}${stop}`;
  });
  const contradictions = judged.tiers.flatMap((scheme) => scheme.orders.flatMap((one) => one.contradictions.slice(0, 1).map((own) => upper(own.words[lang]) + stop)));
  return [...orders, ...separations, ...contradictions, ...(date.challenge ? [upper(date.challenge.verdict[lang]) + stop] : [])];
}

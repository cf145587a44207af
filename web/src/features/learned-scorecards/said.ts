// What a learned card comes to, in sentences.
import type { LearnedScorecard } from '../../shared/api/learned';
import type { LearnedSay } from './words';

/** How well the card tells good from bad on the date that was held out: the lower end of the interval decides, so luck is no merit. */
export const strengthOfAuc = (low: number) => (low >= 0.8 ? 'sStrong' : low >= 0.7 ? 'sGood' : low >= 0.6 ? 'sWeak' : 'sNone');

export function sayResult(result: LearnedScorecard, say: LearnedSay, lang: 'zh' | 'en'): string[] {
  const taken = result.attributes.filter((one) => one.taken);
  const names = taken.slice(0, 3).map((one) => one.title[lang]).join(lang === 'zh' ? '\u3001' : ', ');
  const { auc } = result.held_out;
  return [
    taken.length === 0 ? say('saidNone') : say('saidCard', { n: taken.length, of: result.attributes.length, names }),
    auc === null ? say('saidNoTest') : say('saidTest', { how: say(strengthOfAuc(auc.low)), auc: auc.value.toFixed(3) }),
  ];
}

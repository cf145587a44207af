// What can be foretold: what the model's `validation` names and is no amount; else what every model of orders has.
import type { ModelDocument } from '../../shared/api/document';
import { textOf } from '../../shared/i18n/language';
import type { LearnedSay } from './words';

export function outcomesOf(model: ModelDocument | null | undefined, say: LearnedSay): { value: string; label: string }[] {
  const named = Object.entries(model?.validation?.outcomes ?? {});
  // A sum is an amount unless it says that it only counts whether there is any.
  const foretold = named.filter(([, one]) => (one.counts ?? (one.kind === 'sum' ? 'value' : 'happened')) !== 'value');
  if (named.length > 0) return foretold.map(([value, one]) => ({ value, label: textOf(one.title, value) }));
  return [{ value: 'churn', label: say('o_churn') }, { value: 'repurchase', label: say('o_repurchase') }];
}

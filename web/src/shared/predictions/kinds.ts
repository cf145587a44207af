// What kinds of predictions there are, and the columns that each gives (crates/grading/src/grade/prediction.rs).
import type { Lang } from '../api/contract';
import type { Prediction, Text } from '../api/document';
import type { PredictionKind } from '../api/learning';
import { textOf } from '../i18n/language';

export const KINDS = ['lifetime', 'contract', 'propensity', 'clusters', 'trained'] as const satisfies PredictionKind[];

/** The one way in which it is made; none if the document says none, or more than one. */
export function kindOf(prediction: Prediction): PredictionKind | null {
  const said = KINDS.filter((kind) => prediction[kind] !== undefined);
  return said.length === 1 ? said[0]! : null;
}

export type Unit = 'money' | 'share' | 'number' | 'text';
/** A column of a prediction; `of` is the prediction. */
export interface Predicted { name: string; title: Text; type: string; unit: Unit; of: string; suffix: string }

/** The words are those of the server, so that a column is called the same in lists, in formulas and in this page. */
const BESIDE: Record<PredictionKind, [suffix: string, zh: string, en: string, unit: Unit][]> = {
  lifetime: [
    ['', '', '', 'money'], ['_low', '（至少）', ' (at least)', 'money'], ['_high', '（至多）', ' (at most)', 'money'],
    ['_alive', '（仍活跃概率）', ' (chance of being a customer still)', 'share'], ['_purchases', '（预期购买次数）', ' (purchases to expect)', 'number'], ['_to_date', '（迄今）', ' (to date)', 'money'],
  ],
  contract: [
    ['', '', '', 'money'], ['_low', '（至少）', ' (at least)', 'money'], ['_high', '（至多）', ' (at most)', 'money'],
    ['_alive', '（合约有效）', ' (contract runs)', 'share'], ['_renews', '（续约概率）', ' (chance of renewing)', 'share'],
    ['_terms', '（预期续约期数）', ' (terms to expect)', 'number'], ['_to_date', '（迄今）', ' (to date)', 'money'],
  ],
  propensity: [['', '', '', 'share']],
  clusters: [['', '', '', 'text'], ['_sure', '（归属把握）', ' (how clearly)', 'share']],
  trained: [['', '', '', 'number']],
};

export function columnsOf(name: string, prediction: Prediction): Predicted[] {
  const kind = kindOf(prediction);
  const own = (lang: Lang) => textOf(prediction.title, name, lang);
  const beside = kind ? BESIDE[kind] : ([['', '', '', 'number']] as typeof BESIDE.trained);
  return beside.map(([suffix, zh, en, unit]) => ({
    name: name + suffix, of: name, suffix, unit, type: unit === 'text' ? 'category' : 'decimal',
    title: suffix ? { zh: own('zh') + zh, en: own('en') + en } : (prediction.title ?? name),
  }));
}


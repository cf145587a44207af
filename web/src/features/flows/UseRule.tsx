import { Select } from 'antd';
import type { Flow } from '../../shared/api/document';
import type { Catalogue } from '../../shared/catalogue';
import { useCatalogue } from '../../shared/catalogue';
import { saySql } from '../../shared/condition/say';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import { useFlowWords } from './words';

const FORMULA = '$formula';

interface Props { label: string; name: string; flow: Flow; step: string; value: string; onChange: (use: string) => void }

/** What may be used at a step: rules, what earlier steps gave, indicators. */
function groups(catalogue: Catalogue | undefined, name: string, flow: Flow, step: string) {
  const own = new Set([name, ...Object.keys(flow.steps).map((key) => `${name}_${key}`)]);
  const before = Object.keys(flow.steps).slice(0, Object.keys(flow.steps).indexOf(step)).map((key) => `${name}_${key}`);
  return {
    gRules: (catalogue?.rules ?? []).filter((one) => !own.has(one.name)),
    gScores: catalogue?.scores ?? [],
    gSteps: (catalogue?.rules ?? []).filter((one) => before.includes(one.name)),
    gPredictions: catalogue?.predictions ?? [],
    gIndicators: catalogue?.indicators ?? [],
  };
}

/** The rule that a step uses, chosen by its title; or a formula over names. */
export function UseRule({ label, name, flow, step, value, onChange }: Props) {
  const say = useFlowWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const all = groups(catalogue, name, flow, step);
  const isKnown = Object.values(all).some((list) => list.some((one) => one.name === value));
  const options = [
    ...(Object.keys(all) as (keyof typeof all)[]).filter((key) => all[key].length > 0).map((key) => ({ label: say(key), title: key, options: all[key].map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) })) })),
    { label: say('formula'), title: 'formula', options: [{ value: FORMULA, label: say('formula') }] },
  ];
  return (
    <div className="stack grow">
      <Select aria-label={label} showSearch optionFilterProp="label" value={isKnown ? value : FORMULA} onChange={(next: string) => onChange(next === FORMULA ? (isKnown ? '' : value) : next)} options={options} style={{ maxWidth: 360 }} />
      {!isKnown && <FormulaBox label={`${label} ${say('formula')}`} value={value} onChange={onChange} scope="customer" catalogue={catalogue} />}
    </div>
  );
}

/** What a step uses, in words. */
export function sayUse(use: string | undefined, lang: 'zh' | 'en', catalogue: Catalogue | undefined): string {
  return use === undefined || use === '' ? '' : saySql(use, lang, catalogue);
}

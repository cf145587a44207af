import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import type { Sql } from '../api/document';
import { titledApart } from './apart';
import { isWord, useCatalogue, valuesOf } from '../catalogue';
import { FormulaBox } from '../formula/FormulaBox';
import { textOf } from '../i18n/language';
import { words } from '../i18n/words';
import { useLang } from '../session';

const useWords = words('features', {
  choose: ['选择指标', 'Choose indicators'],
  formula: ['公式 {{n}}', 'Formula {{n}}'],
  add: ['添加公式', 'Add a formula'],
  remove: ['移除公式 {{n}}', 'Remove formula {{n}}'],
});

/** Indicators by their titles, and formulas over them. `except`: what must not be told by itself. */
export function FeaturePicker({ label, value, onChange, numbers = false, except }: { label: string; value: Sql[]; onChange: (value: Sql[]) => void; numbers?: boolean; except?: string }) {
  const say = useWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const known = valuesOf(catalogue).filter((one) => (!numbers || !isWord(catalogue, one.name)) && !(except && (one.name === except || one.name.startsWith(`${except}_`))));
  const told = known.map(({ name, title }) => ({ name, title: { zh: textOf(title, name, 'zh'), en: textOf(title, name, 'en') } }));
  const titled = titledApart(told, lang);
  const isKnown = (one: Sql) => known.some((own) => own.name === one);
  const chosen = value.filter(isKnown);
  const formulas = value.flatMap((one, at) => (isKnown(one) ? [] : [{ one, at }]));
  return (
    <div className="stack">
      <Select mode="multiple" aria-label={label} placeholder={say('choose')} showSearch optionFilterProp="label" value={chosen} onChange={(next: string[]) => onChange([...next, ...formulas.map(({ one }) => one)])} options={told.map((one) => ({ value: one.name, label: titled(one) }))} />
      {formulas.map(({ one, at }, n) => (
        <div className="row" key={n}>
          <div className="grow"><FormulaBox label={`${label} ${say('formula', { n: n + 1 })}`} value={one} onChange={(next) => onChange(value.map((old, index) => (index === at ? next : old)))} scope="customer" catalogue={catalogue} /></div>
          <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={say('remove', { n: n + 1 })} onClick={() => onChange(value.filter((_, index) => index !== at))} />
        </div>
      ))}
      <div><Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...value, ''])}>{say('add')}</Button></div>
    </div>
  );
}

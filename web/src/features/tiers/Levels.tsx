import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select, Space } from 'antd';
import { useState } from 'react';
import type { ModelPreview } from '../../shared/api/later';
import type { Level, Text } from '../../shared/api/document';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { AskName, LevelTag } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { useTierWords } from './words';

/** Levels from the highest down, as people think of them; the document keeps them from the lowest up. */
export function Levels({ levels, onChange, counts }: { levels: Record<string, Level>; onChange: (levels: Record<string, Level>) => void; counts?: ModelPreview['tiers'] }) {
  const say = useTierWords();
  const ui = useUi();
  const format = useFormat();
  const [asking, ask] = useState(false);
  const entries = Object.entries(levels);
  const put = (name: string, next: Level) => onChange({ ...levels, [name]: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as Level });
  const titleOf = (level: Level) => (typeof level.title === 'string' ? { zh: level.title, en: level.title } : (level.title ?? {}));
  return (
    <div className="stack">
      {[...entries].reverse().map(([name, level], reversed) => {
        const index = entries.length - 1 - reversed;
        const count = counts?.find((one) => one.level === name)?.count;
        const title = textOf(level.title, name, format.lang);
        return (
          <div key={name} className="stack step">
            <div className="spread">
              <span><LevelTag title={title} index={index} of={entries.length} /><code className="name">{name}</code></span>
              <Space>
                {count !== undefined && <span className="faint">{format.count(count)}</span>}
                <Button type="text" size="small" aria-label={`${say('removeLevel')} ${title}`} icon={<DeleteOutlined />} disabled={entries.length <= 1 || index === 0} onClick={() => onChange(Object.fromEntries(entries.filter(([own]) => own !== name)))} />
              </Space>
            </div>
            <Space wrap>
              {index === 0 && level.from === undefined ? <span className="faint">{say('lowest')}</span> : (
                <>
                  <Select aria-label={`${title} ${say('how')}`} style={{ width: 130 }} value={level.top_percent !== undefined ? 'top' : 'from'} onChange={(how) => put(name, how === 'top' ? { ...level, from: undefined, top_percent: 10 } : { ...level, top_percent: undefined, from: 0 })} options={[{ value: 'from', label: say('byFrom') }, { value: 'top', label: say('byTop') }]} />
                  {level.top_percent !== undefined ? <InputNumber aria-label={`${title} ${say('top')}`} min={0.01} max={100} suffix="%" value={Number(level.top_percent)} onChange={(value) => put(name, { ...level, top_percent: value ?? 1 })} /> : <InputNumber aria-label={`${title} ${say('from')}`} value={Number(level.from)} onChange={(value) => put(name, { ...level, from: value ?? 0 })} />}
                </>
              )}
              <Input aria-label={`${title} ${say('customerText')} ${ui('chinese')}`} style={{ width: 150 }} placeholder={ui('titleZh')} value={titleOf(level).zh ?? ''} onChange={(event) => put(name, { ...level, title: { ...titleOf(level), zh: event.target.value } })} />
              <Input aria-label={`${title} ${say('customerText')} ${ui('english')}`} style={{ width: 150 }} placeholder={ui('titleEn')} value={titleOf(level).en ?? ''} onChange={(event) => put(name, { ...level, title: { ...titleOf(level), en: event.target.value } })} />
            </Space>
            <Benefits label={`${title} ${say('benefits')}`} placeholder={say('benefits')} value={level.benefits} onChange={(benefits) => put(name, { ...level, benefits })} />
          </div>
        );
      })}
      <div><Button icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addLevel')}</Button></div>
      <AskName open={asking} title={say('addLevel')} taken={Object.keys(levels)} onClose={() => ask(false)} onDone={(name) => {
        ask(false);
        const top = Number(entries.at(-1)?.[1].from ?? 0);
        onChange({ ...levels, [name]: { from: top + Math.max(1, Math.round(top * 0.2)) } });
      }} />
    </div>
  );
}

/** One benefit a line; Chinese and English on either side of a bar. */
function Benefits({ value, onChange, label, placeholder }: { value: Text[] | undefined; onChange: (value: Text[] | undefined) => void; label: string; placeholder: string }) {
  const written = (value ?? []).map((one) => (typeof one === 'string' ? one : one.zh === one.en ? one.zh ?? '' : [one.zh, one.en].filter(Boolean).join(' | '))).join('\n');
  const [text, setText] = useState(written);
  const read = (next: string) => next.split('\n').map((line) => line.trim()).filter(Boolean).map((line): Text => {
    const [zh, en] = line.split('|').map((part) => part.trim());
    return en ? { zh: zh!, en } : zh!;
  });
  return <Input.TextArea aria-label={label} placeholder={placeholder} rows={1} className="grows" value={text} onChange={(event) => { setText(event.target.value); const next = read(event.target.value); onChange(next.length ? next : undefined); }} />;
}

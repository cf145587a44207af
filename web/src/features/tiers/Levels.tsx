import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, InputNumber, Space, Tooltip } from 'antd';
import { useState } from 'react';
import type { ModelPreview } from '../../shared/api/later';
import type { Level, TierScheme } from '../../shared/api/document';
import { Choose } from '../../shared/draft/Editable';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { AskName, LevelTag } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { Benefits } from './Benefits';
import { reachOf, withReach, type Reach } from './policy';
import { useTierWords } from './words';

const REACHES = ['from', 'top_percent', 'quota', 'quota_percent'] as const;

/** Levels from the highest down, as people think of them; the document keeps them from the lowest up. */
export function Levels({ scheme, onChange, counts }: { scheme: TierScheme; onChange: (levels: Record<string, Level>) => void; counts?: ModelPreview['tiers'] }) {
  const say = useTierWords();
  const ui = useUi();
  const format = useFormat();
  const [asking, ask] = useState(false);
  const { levels } = scheme;
  const reach = reachOf(scheme);
  const entries = Object.entries(levels);
  const put = (name: string, next: Level) => onChange({ ...levels, [name]: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as Level });
  const titleOf = (level: Level) => (typeof level.title === 'string' ? { zh: level.title, en: level.title } : (level.title ?? {}));
  return (
    <div className="stack">
      {reach !== 'grid' && (
        <div className="row">
          <span>{say('how')}</span>
          <Choose aria-label={say('how')} size="small" value={reach} onChange={(next) => onChange(withReach(levels, next as Exclude<Reach, 'grid'>))} options={REACHES.map((value) => ({ value: value as Reach, label: say(`by_${value}`) }))} />
          <span className="faint small">{say(`by_${reach}_hint`)}</span>
        </div>
      )}
      {[...entries].reverse().map(([name, level], reversed) => {
        const index = entries.length - 1 - reversed;
        const count = counts?.find((one) => one.level === name)?.count;
        const title = textOf(level.title, name, format.lang);
        const number = (key: 'top_percent' | 'quota' | 'quota_percent') => (
          <InputNumber aria-label={`${title} ${say(`by_${key}`)}`} min={key === 'quota' ? 0 : 0.01} max={key === 'quota' ? undefined : 100} precision={key === 'quota' ? 0 : undefined} suffix={key === 'quota' ? say('people_n') : '%'} value={Number(level[key] ?? 0)} onChange={(value) => put(name, { ...level, [key]: value ?? 1 })} />
        );
        return (
          <div key={name} className="stack step">
            <div className="spread">
              <span><LevelTag title={title} index={index} of={entries.length} /><code className="name">{name}</code></span>
              <Space>
                {count !== undefined && <span className="faint">{ui('nCustomers', { n: format.count(count) })}</span>}
                <Button type="text" size="small" aria-label={`${say('removeLevel')} ${title}`} icon={<DeleteOutlined />} disabled={entries.length <= 1 || index === 0 || undefined} onClick={() => onChange(Object.fromEntries(entries.filter(([own]) => own !== name)))} />
              </Space>
            </div>
            <div className="level-form">
              {index === 0 || reach === 'grid' ? <span className="faint">{say(reach === 'grid' ? 'grid' : 'lowest')}</span> : reach !== 'from' ? number(reach) : <>
                <Form.Item label={say('riseAt')}><InputNumber aria-label={`${title} ${say('from')}`} value={Number(level.from)} onChange={(value) => put(name, { ...level, from: value ?? 0 })} /></Form.Item>
                <Tooltip title={say('fallBelowHint')}><Form.Item label={say('fallBelow')} validateStatus={level.demote !== undefined && Number(level.demote) > Number(level.from) ? 'error' : undefined}><InputNumber aria-label={`${title} ${say('fallBelow')}`} placeholder={String(level.from ?? 0)} value={level.demote === undefined ? null : Number(level.demote)} onChange={(value) => put(name, { ...level, demote: value ?? undefined })} /></Form.Item></Tooltip>
              </>}
              <Input aria-label={`${title} ${say('customerText')} ${ui('chinese')}`} style={{ width: 130 }} placeholder={ui('titleZh')} value={titleOf(level).zh ?? ''} onChange={(event) => put(name, { ...level, title: { ...titleOf(level), zh: event.target.value } })} />
              <Input aria-label={`${title} ${say('customerText')} ${ui('english')}`} style={{ width: 130 }} placeholder={ui('titleEn')} value={titleOf(level).en ?? ''} onChange={(event) => put(name, { ...level, title: { ...titleOf(level), en: event.target.value } })} />
            </div>
            <Benefits level={title} value={level.benefits} onChange={(benefits) => put(name, { ...level, benefits })} />
          </div>
        );
      })}
      <div><Button icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addLevel')}</Button></div>
      <AskName open={asking} title={say('addLevel')} taken={Object.keys(levels)} onClose={() => ask(false)} onDone={(name) => {
        ask(false);
        const last = entries.at(-1)?.[1];
        const top = Number(last?.from ?? 0);
        // The new one is the highest: above the others by value, smaller than they by share or number.
        const own: Level = reach === 'from' || reach === 'grid' ? { from: top + Math.max(1, Math.round(top * 0.2)) } : { [reach]: reach === 'quota' ? Math.max(1, Math.round((last?.quota ?? 200) / 2)) : Math.max(0.1, Number(last?.[reach] ?? 20) / 2) };
        onChange({ ...levels, [name]: own });
      }} />
    </div>
  );
}

import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select, Space } from 'antd';
import type { Benefit, Text } from '../../shared/api/document';
import { useFormat } from '../../shared/session';
import { useUi } from '../../shared/ui/words';
import { titleOf, written } from './policy';
import { useTierWords } from './words';

const PER = ['year', 'quarter', 'month', 'week', 'day'] as const;

/** What a level gives, one a line: its name in both languages and, where it is known, what it costs for each customer. */
export function Benefits({ value, onChange, level }: { value: Benefit[] | undefined; onChange: (value: Benefit[] | undefined) => void; level: string }) {
  const say = useTierWords();
  const ui = useUi();
  const { currency } = useFormat();
  const all = value ?? [];
  const put = (at: number, change: { title?: Text; cost?: number | null; per?: string }) => {
    const before = all[at]!;
    const full = typeof before === 'object' && 'title' in before ? before : { title: before as Text };
    onChange(all.map((one, index) => (index === at ? written({ ...full, ...change, cost: change.cost === undefined ? full.cost : (change.cost ?? undefined) }) : one)));
  };
  return (
    <div className="benefits">
      {all.map((one, at) => {
        const title = titleOf(one);
        const both = typeof title === 'string' ? { zh: title, en: title } : title;
        const full = typeof one === 'object' && 'title' in one ? one : undefined;
        const name = `${level} ${say('benefit')} ${at + 1}`;
        return (
          <div key={at} className="benefit">
            <Input size="small" aria-label={`${name} ${ui('chinese')}`} placeholder={ui('chinese')} value={both.zh ?? ''} onChange={(event) => put(at, { title: { ...both, zh: event.target.value } })} />
            <Input size="small" aria-label={`${name} ${ui('english')}`} placeholder={ui('english')} value={both.en ?? ''} onChange={(event) => put(at, { title: { ...both, en: event.target.value } })} />
            <Space.Compact>
              <InputNumber size="small" aria-label={`${name} ${say('cost')}`} placeholder={say('cost')} min={0} style={{ width: 90 }} value={full?.cost === undefined ? null : Number(full.cost)} onChange={(cost) => put(at, { cost: cost ?? null })} />
              <Select size="small" aria-label={`${name} ${say('per')}`} style={{ width: 96 }} value={full?.per ?? 'year'} disabled={full?.cost === undefined} onChange={(per) => put(at, { per })} options={PER.map((per) => ({ value: per, label: say(`per_${per}`, { currency }) }))} />
            </Space.Compact>
            <Button type="text" size="small" aria-label={`${ui('remove')} ${name}`} icon={<DeleteOutlined />} onClick={() => { const next = all.filter((_, index) => index !== at); onChange(next.length ? next : undefined); }} />
          </div>
        );
      })}
      <Button type="text" size="small" icon={<PlusOutlined />} aria-label={`${say('addBenefit')} ${level}`} onClick={() => onChange([...all, { zh: '', en: '' }])}>{say('addBenefit')}</Button>
    </div>
  );
}

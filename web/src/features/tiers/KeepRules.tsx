import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, DatePicker, Form, Input, Select, Space, Switch } from 'antd';
import dayjs from 'dayjs';
import type { Decide, Freeze, Keep, TierScheme } from '../../shared/api/document';
import { SpanInput } from '../../shared/condition/SpanInput';
import { useFormat } from '../../shared/session';
import { useUi } from '../../shared/ui/words';
import { reachOf, remembers, withKeep } from './policy';
import { useTierWords } from './words';

const CALENDAR: Decide[] = ['daily', 'monthly', 'quarterly', 'yearly', 'anniversary', 'tier_anniversary'];
const SPANS = [['at_least', '6 months'], ['grace', '1 month'], ['after_fall', '1 month']] as const;

/** When is decided, when one rises, and what keeps a level: each rule with what it is for, off until it is wanted. */
export function KeepRules({ scheme, put }: { scheme: TierScheme; put: (change: Partial<TierScheme>) => void }) {
  const say = useTierWords();
  const ui = useUi();
  const { today, lang } = useFormat();
  const reach = reachOf(scheme);
  const ranked = reach === 'quota' || reach === 'quota_percent';
  const keep = (change: Keep) => put({ keep: withKeep(scheme.keep, change) });
  const freeze = scheme.freeze ?? [];
  const setFreeze = (next: Freeze[]) => put({ freeze: next.length ? next : undefined });
  const day = (text: string | undefined) => (text && dayjs(text).isValid() ? dayjs(text) : null);
  const year = today.slice(0, 4);
  return (
    <Form layout="vertical">
      <div className="two">
        <Form.Item label={say('decide')} extra={say('decideHint')}><Select aria-label={say('decide')} value={scheme.decide ?? 'daily'} onChange={(value) => put({ decide: value === 'daily' ? undefined : value })} options={CALENDAR.map((value) => ({ value, label: say(value), disabled: ranked && (value === 'anniversary' || value === 'tier_anniversary') }))} /></Form.Item>
        <Form.Item label={say('promote')} extra={say('promoteHint')}><Select aria-label={say('promote')} value={scheme.promote ?? 'review'} disabled={ranked} onChange={(value) => put({ promote: value === 'review' ? undefined : value })} options={(['review', 'at_once'] as const).map((value) => ({ value, label: say(`promote_${value}`) }))} /></Form.Item>
      </div>
      {ranked && <p className="faint small">{say('rankedNoKeep')}</p>}
      {!ranked && <>
        <div className="keep-rules">
          {SPANS.map(([key, start]) => (
            <div key={key} className="keep-rule">
              <Switch size="small" aria-label={say(`keep_${key}`)} checked={scheme.keep?.[key] !== undefined} onChange={(on) => keep({ [key]: on ? start : undefined })} />
              <div><b>{say(`keep_${key}`)}</b><div className="faint small">{say(`keep_${key}_hint`)}</div></div>
              {scheme.keep?.[key] !== undefined && <SpanInput label={say(`keep_${key}`)} value={scheme.keep[key]} onChange={(value) => keep({ [key]: value })} />}
            </div>
          ))}
          <div className="keep-rule">
            <Switch size="small" aria-label={say('keep_one_level')} checked={scheme.keep?.one_level === true} onChange={(on) => keep({ one_level: on })} />
            <div><b>{say('keep_one_level')}</b><div className="faint small">{say('keep_one_level_hint')}</div></div>
          </div>
        </div>
        <Form.Item label={say('freeze')} extra={say('freezeHint')}>
          <div className="stack">
            {freeze.map((one, at) => {
              const name = `${say('freeze')} ${at + 1}`;
              const title = typeof one.title === 'string' ? one.title : (one.title?.[lang] ?? '');
              const set = (change: Partial<Freeze>) => setFreeze(freeze.map((own, index) => (index === at ? { ...own, ...change } : own)));
              return (
                <Space key={at} wrap size={6}>
                  <Input size="small" style={{ width: 150 }} aria-label={`${name} ${ui('name')}`} placeholder={say('freezeName')} value={title} onChange={(event) => { const { [lang]: _, ...rest } = typeof one.title === 'object' ? one.title : {}; const next = { ...rest, ...(event.target.value ? { [lang]: event.target.value } : {}) }; set({ title: Object.keys(next).length ? next : undefined }); }} />
                  <DatePicker size="small" allowClear={false} aria-label={`${name} ${say('freezeFrom')}`} value={day(one.from)} onChange={(_, text) => text && set({ from: text as string })} />
                  <span className="faint">–</span>
                  <DatePicker size="small" allowClear={false} aria-label={`${name} ${say('freezeUntil')}`} value={day(one.until)} status={one.until < one.from ? 'error' : undefined} onChange={(_, text) => text && set({ until: text as string })} />
                  <Button type="text" size="small" aria-label={`${ui('remove')} ${name}`} icon={<DeleteOutlined />} onClick={() => setFreeze(freeze.filter((_own, index) => index !== at))} />
                </Space>
              );
            })}
            <div><Button size="small" icon={<PlusOutlined />} onClick={() => setFreeze([...freeze, { from: `${year}-11-01`, until: `${year}-11-30` }])}>{say('addFreeze')}</Button></div>
          </div>
        </Form.Item>
        {remembers(scheme) && <Form.Item label={say('start')} extra={say('startHint')}><DatePicker allowClear={false} aria-label={say('start')} value={day(scheme.start)} onChange={(_, text) => text && put({ start: text as string })} /></Form.Item>}
        {!remembers(scheme) && <Button size="small" onClick={() => put({ keep: { at_least: '6 months', grace: '1 month' } })}>{say('propose')}</Button>}
      </>}
    </Form>
  );
}

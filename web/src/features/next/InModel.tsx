import { App, Button, Form } from 'antd';
import type { Next } from '../../shared/api/document';
import { saySpan } from '../../shared/condition/span';
import { SpanInput } from '../../shared/condition/SpanInput';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { listed } from '../../shared/format/list';
import { useFormat, useMay } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { Findings, StateTag } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { differing, isSql, KEYS, REFIT, replaced, sameSpan, USUAL, written, type Key } from './settings';
import { useNextWords, type NextSay } from './words';

/** What people want to know even where it is as usual. */
const ALWAYS: readonly Key[] = ['item', 'k', 'method', 'hold_out'];

/** Whether the draft says how lists are learned, and in which way; the form's own way goes into the draft from here. */
export function InModel({ values, start, inForce, className }: { values: Next; start: Next; inForce: Next | undefined; className?: string }) {
  const say = useNextWords();
  const ui = useUi();
  const { lang } = useFormat();
  const edits = useMay()('edit_models');
  const { message, modal } = App.useApp();
  const { document, set, findings } = useDraft();
  const own = document?.next;
  // A step of its own each time, to be taken back alone.
  const step = (next: Next | undefined) => {
    draft.apart();
    set(['next'], next);
    draft.apart();
  };
  const put = () => {
    step(replaced(own ?? start, values));
    void message.success(say('putSaid'));
  };
  const drop = () => modal.confirm({ title: say('dropTitle'), content: say('dropText'), okText: say('drop'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => step(undefined) });
  if (!document) return null;
  if (!own) {
    return (
      <Panel className={className} title={say('inModel')}>
        <div className="stack">
          <p>{say('why')}</p>
          {inForce && <p className="warn small">{say('dropped')}</p>}
          {edits && <div><Button onClick={put}>{say('put')}</Button></div>}
        </div>
      </Panel>
    );
  }
  const other = differing(values, own);
  const state = !inForce ? 'in_draft' : differing(own, inForce).length === 0 && sameSpan(own.refit ?? REFIT, inForce.refit ?? REFIT) ? 'in_force' : 'changed';
  return (
    <Panel className={className} title={say('inModel')} extra={<StateTag state={state === 'in_force' ? 'active' : 'waiting'}>{say(state)}</StateTag>}>
      <div className="stack">
        <Said settings={own} refit={!edits} />
        <Findings findings={findings} path="next" />
        {edits && <Form layout="vertical"><Form.Item label={say('refit')} help={say('refitHint')}><SpanInput label={say('refit')} value={own.refit ?? REFIT} onChange={(span) => set(['next', 'refit'], sameSpan(span, REFIT) ? undefined : span)} /></Form.Item></Form>}
        {edits && other.length > 0 && <p className="warn small">{say('differs', { what: listed(other.map((key) => say(`f_${key}`)), lang) })}</p>}
        {edits && <div className="row">{other.length > 0 && <Button onClick={put}>{say('change')}</Button>}<Button danger onClick={drop}>{say('drop')}</Button></div>}
      </div>
    </Panel>
  );
}

/** The settings in words: what matters most, and whatever is not as usual. */
function Said({ settings, refit }: { settings: Next; refit: boolean }) {
  const say = useNextWords();
  const format = useFormat();
  const own = written(settings);
  const shown = KEYS.filter((key) => own[key] !== undefined || ALWAYS.includes(key));
  return (
    <ul className="plain-list small" aria-label={say('inModel')}>
      {shown.map((key) => <li key={key}>{say('line', { name: say(`f_${key}`), value: '' })}{isSql(key) && own[key] !== undefined ? <code>{String(own[key])}</code> : valueOf(key, own, say, format)}</li>)}
      {refit && <li>{say('line', { name: say('refit'), value: saySpan(settings.refit ?? REFIT, format.lang) })}</li>}
    </ul>
  );
}

function valueOf(key: Key, own: Next, say: NextSay, format: ReturnType<typeof useFormat>): string {
  const value = own[key] ?? (USUAL as Partial<Record<Key, unknown>>)[key];
  if (key === 'method') return own.method ? say(`m_${own.method}`) : say('best_method');
  if (value === undefined) return say('found');
  if (key === 'hold_out' || key === 'history') return saySpan(String(value), format.lang);
  if (key === 'min_confidence') return format.percent(Number(value));
  if (Array.isArray(value)) return listed(value.map(String), format.lang);
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  return key === 'seed' ? String(value) : format.decimal(Number(value));
}

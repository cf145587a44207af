import { App, Button, Form, Input, Modal } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ClustersLearned } from '../../shared/api/learning';
import { draft } from '../../shared/draft/store';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { TextFields } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { InRules } from './InRules';
import { KTable } from './KTable';
import { Profiles } from './Profiles';
import { Scatter } from './Scatter';
import { namesOfGroups, predictionOf, taken, type Names } from './take';
import { useClusterWords } from './words';

/** What was found: how many groups fit, where customers lie, what is typical; and what becomes of it. */
export default function Result({ result, of, onK, busy }: { result: ClustersLearned; of?: string; onK?: (k: number) => void; busy: boolean }) {
  const say = useClusterWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { document } = useDraft();
  const [own, setOwn] = useState<Names>(() => (of ? (document?.predictions?.[of]?.clusters?.names ?? {}) : {}));
  const [asking, ask] = useState<'take' | 'segments' | null>(null);
  const [name, setName] = useState('');
  const names = namesOfGroups(result, own);
  const title = (group: string) => textOf(names[group], group, format.lang);
  const free = namesOf(document);
  const trimmed = name.trim();
  const wrong = !trimmed ? ui('nameEmpty') : /^\d+$/.test(trimmed) ? ui('nameDigits') : free.includes(trimmed) ? ui('nameTaken') : null;
  const put = (to: string, segments: boolean) => {
    if (!document) return;
    draft.apart();
    draft.set([], taken(document, to, predictionOf(result, own), segments));
    ask(null);
    void message.success(say(segments ? 'segmentsDone' : 'taken', { n: result.clusters.length, name: to }));
    void navigate(segments ? { to: '/segments' } : { to: '/predictions/$name', params: { name: to } });
  };
  const begin = (what: 'take' | 'segments') => {
    const known = of ?? null;
    if (known && document?.predictions?.[known]) return put(known, what === 'segments');
    let fresh = 'cluster'; // Not `kind`: formulas over events have that word.
    for (let n = 2; free.includes(fresh); n += 1) fresh = `cluster_${n}`;
    setName(fresh);
    ask(what);
  };
  return (
    <div className="stack">
      <Panel title={say('means')} extra={<span className="faint small">{say('nGrouped', { n: format.count(result.n), out: format.count(result.n_left_out) })}</span>}>
        <div className="stack">
          <p className="words strong sentence" role="status">{result.words[format.lang]}</p>
          {!result.stable && <p className="warn">{say('unstable')}</p>}
          {result.cautions.length > 0 && <ul className="plain-list">{result.cautions.map((one, index) => <li key={index} className="warn">{one[format.lang]}</li>)}</ul>}
          {may('edit_models') && <div className="row"><Button type="primary" onClick={() => begin('take')}>{of ? say('update', { name: of }) : say('take')}</Button><Button onClick={() => begin('segments')}>{say('segments')}</Button></div>}
        </div>
      </Panel>
      <div className="cols">
        <Panel className="c7" title={say('kTable')} flush><KTable result={result} onK={onK} busy={busy} /></Panel>
        {result.scatter && <Panel className="c5" title={say('scatter')}><Scatter result={result} title={title} /></Panel>}
        <Panel className="c12" title={say('profiles')} flush><Profiles result={result} title={title} /></Panel>
        {result.description && <Panel className="c12" title={say('inRules')} flush><InRules described={result.description} title={title} /></Panel>}
        {may('edit_models') && <Panel className="c12" title={say('naming')}><Form layout="vertical">{result.clusters.map((one) => <TextFields key={one.name} label={say('nameOf', { group: one.name })} value={names[one.name]} onChange={(text) => setOwn({ ...own, [one.name]: text ?? '' })} />)}</Form></Panel>}
      </div>
      <Modal open={asking !== null} title={asking === 'segments' ? say('segments') : say('take')} okText={ui('ok')} cancelText={ui('cancel')} okButtonProps={{ disabled: !!wrong }} onOk={() => put(trimmed, asking === 'segments')} onCancel={() => ask(null)} destroyOnHidden>
        <Form layout="vertical" onFinish={() => { if (!wrong) put(trimmed, asking === 'segments'); }}>
          {asking === 'segments' && <p className="faint small">{say('segmentsHint')}</p>}
          <Form.Item label={say('takeName')} htmlFor="cluster-name" validateStatus={wrong ? 'error' : undefined} help={wrong}><Input id="cluster-name" autoFocus value={name} onChange={(event) => setName(event.target.value)} /></Form.Item>
        </Form>
      </Modal>
    </div>
  );
}

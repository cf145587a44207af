import { ImportOutlined, InboxOutlined } from '@ant-design/icons';
import { Button, Checkbox, Modal, Select, Upload } from 'antd';
import { useState } from 'react';
import type { Finding } from '../api/contract';
import type { ModelDocument } from '../api/document';
import type { ApiError } from '../api/error';
import { isThere, sendTo } from '../api/hooks';
import { useCatalogue } from '../catalogue';
import { draft } from '../draft/store';
import { useDraft } from '../draft/useDraft';
import { textOf } from '../i18n/language';
import { words } from '../i18n/words';
import { useLang, useMay } from '../session';
import { Findings } from '../ui/parts';
import { useUi } from '../ui/words';
import { broughtBy, merged, type Brought } from './part';

const useWords = words('exchange-in', {
  button: ['从文件导入', 'Import from a file'],
  title: ['导入其他系统的规则', 'Rules from another program'],
  drop: ['把 DMN、PMML 或 JDM 文件拖到这里，或点这里选择', 'Drop a DMN, PMML or JDM file here, or click to choose'],
  dropHint: ['决策表、评分卡和规则流会先进草稿，检查、试算之后才发布。', 'Tables, scorecards and flows go into the draft first, to be checked and simulated before anything is published.'],
  reading: ['正在读取…', 'Reading …'],
  refused: ['“{{file}}”没有被接受：', '“{{file}}” was not accepted:'],
  at: ['第 {{line}} 行', 'line {{line}}'], atColumn: ['第 {{line}} 行第 {{column}} 个字符', 'line {{line}}, character {{column}}'],
  brings: ['“{{file}}”（{{format}}）带来：', '“{{file}}” ({{format}}) brings:'],
  scorecards: ['评分卡', 'Scorecard'], decision_tables: ['决策表', 'Decision table'], cross_tables: ['交叉决策表', 'Cross table'], decision_trees: ['决策树', 'Decision tree'], flows: ['规则流', 'Rule flow'], rule_sets: ['规则集', 'Rule set'], indicators: ['指标', 'Indicator'],
  taken: ['草稿里已有同名的，勾选则替换', 'the draft has one of this name; ticked, it is replaced'],
  unknown: ['文件里用到、这里还没有的名称', 'Names that the file uses and that are not here yet'],
  unknownHint: ['各选一个指标代替；不选则先空着，草稿会提示。', 'Choose an indicator for each; without one the draft will say so.'],
  standsFor: ['“{{name}}”用哪个指标', 'Indicator for “{{name}}”'],
  notes: ['读取时的说明', 'What was noted while reading'],
  other: ['换一个文件', 'Another file'], take: ['加入草稿', 'Add to the draft'],
  tooBig: ['文件超过 4 MB', 'The file is larger than 4 MB'],
});

interface Looked { file: string; format: string; document: ModelDocument; inputs: { name: string; kind: string; known: boolean }[]; findings: Finding[] }
const MOST_BYTES = 4 * 1024 * 1024;

/** Reads a file of rules, says what was refused and where, and puts what is chosen into the draft. */
export function ExchangeIn({ onDone }: { onDone?: (first: Brought) => void }) {
  const say = useWords();
  const may = useMay();
  const [open, setOpen] = useState(false);
  if (!may('edit_models') || !isThere('post', '/model/rules')) return null;
  return <><Button icon={<ImportOutlined />} onClick={() => setOpen(true)}>{say('button')}</Button>{open && <Dialog onClose={() => setOpen(false)} onDone={(first) => { setOpen(false); onDone?.(first); }} />}</>;
}

function Dialog({ onClose, onDone }: { onClose: () => void; onDone: (first: Brought) => void }) {
  const say = useWords();
  const ui = useUi();
  const { document, set } = useDraft();
  const [looked, setLooked] = useState<Looked | null>(null);
  const [refused, refuse] = useState<{ file: string; text: string; errors: Finding[] } | null>(null);
  const [busy, setBusy] = useState(false);
  const [left, leave] = useState<ReadonlySet<string>>(new Set());
  const [stand, setStand] = useState<Record<string, string>>({});
  const read = async (file: File) => {
    refuse(null);
    setLooked(null);
    if (file.size > MOST_BYTES) return refuse({ file: file.name, text: say('tooBig'), errors: [] });
    setBusy(true);
    try {
      const reply = await sendTo('post', '/model/rules', { body: { file_name: file.name, text: await file.text() } });
      const part = reply.document as ModelDocument;
      setLooked({ file: file.name, format: reply.format, document: part, inputs: reply.inputs, findings: reply.findings });
      leave(new Set(document ? broughtBy(part, document).filter((one) => one.isTaken).map(keyOf) : []));
      setStand({});
    } catch (error) {
      const { problem, message } = error as ApiError;
      refuse({ file: file.name, text: message, errors: problem.errors ?? [] });
    } finally {
      setBusy(false);
    }
  };
  const all = looked && document ? broughtBy(looked.document, document) : [];
  const chosen = all.filter((one) => !left.has(keyOf(one)));
  const take = () => {
    if (!looked || !document || chosen.length === 0) return;
    draft.apart();
    set([], merged(document, looked.document, (one) => !left.has(keyOf(one)), stand));
    draft.apart();
    onDone(chosen[0]!);
  };
  return (
    <Modal open title={say('title')} width={680} okText={say('take')} cancelText={ui('cancel')} okButtonProps={{ disabled: chosen.length === 0 }} onOk={take} onCancel={onClose}>
      <div className="stack">
        {!looked && (
          <Upload.Dragger accept=".dmn,.pmml,.xml,.json" showUploadList={false} maxCount={1} disabled={busy} beforeUpload={(file) => { void read(file); return false; }}>
            <p><InboxOutlined style={{ fontSize: 28 }} /></p><p>{busy ? say('reading') : say('drop')}</p><p className="small faint">{say('dropHint')}</p>
          </Upload.Dragger>
        )}
        {refused && <div role="alert" className="stack"><p>{say('refused', { file: refused.file })} {refused.errors.length === 0 && refused.text}</p><Refused errors={refused.errors} /></div>}
        {looked && <>
          <p>{say('brings', { file: looked.file, format: looked.format.toUpperCase() })} <button type="button" className="linkish" onClick={() => setLooked(null)}>{say('other')}</button></p>
          <ul className="stack">{all.map((one) => <BroughtLine key={keyOf(one)} one={one} on={!left.has(keyOf(one))} onChange={(on) => leave(new Set(on ? [...left].filter((key) => key !== keyOf(one)) : [...left, keyOf(one)]))} kind={say(one.section)} note={one.isTaken ? say('taken') : ''} />)}</ul>
          <Unknown inputs={looked.inputs.filter((one) => !one.known)} stand={stand} onStand={setStand} />
          {looked.findings.length > 0 && <><h3 className="sub">{say('notes')}</h3><Refused errors={looked.findings} /></>}
        </>}
      </div>
    </Modal>
  );
}

const keyOf = (one: Brought) => `${one.section}.${one.name}`;

function BroughtLine({ one, on, onChange, kind, note }: { one: Brought; on: boolean; onChange: (on: boolean) => void; kind: string; note: string }) {
  const lang = useLang();
  return <li><Checkbox checked={on} onChange={(event) => onChange(event.target.checked)}><span className="tag">{kind}</span> <b>{textOf(one.title, one.name, lang)}</b> {note && <span className="faint small">{note}</span>}</Checkbox></li>;
}

/** Findings with the element of the file that they are about. */
function Refused({ errors }: { errors: Finding[] }) {
  const say = useWords();
  return <Findings findings={errors} path="" limit={12} action={(one) => (one.path || one.line) && <p className="small"><code>{one.path}</code> {one.line ? (one.column ? say('atColumn', { line: one.line, column: one.column }) : say('at', { line: one.line })) : ''}</p>} />;
}

/** What the file reads and nobody here knows: an indicator may stand for it. */
function Unknown({ inputs, stand, onStand }: { inputs: Looked['inputs']; stand: Record<string, string>; onStand: (next: Record<string, string>) => void }) {
  const say = useWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  if (inputs.length === 0) return null;
  const options = [...(catalogue?.indicators ?? []), ...(catalogue?.scores ?? [])].map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) }));
  return (
    <section className="stack">
      <h3 className="sub">{say('unknown')}</h3>
      <p className="faint small">{say('unknownHint')}</p>
      {inputs.map((one) => <label key={one.name} className="row"><code>{one.name}</code><Select aria-label={say('standsFor', { name: one.name })} style={{ minWidth: 240 }} allowClear showSearch optionFilterProp="label" value={stand[one.name]} onChange={(of) => onStand({ ...stand, [one.name]: of ?? '' })} options={options} /></label>)}
    </section>
  );
}

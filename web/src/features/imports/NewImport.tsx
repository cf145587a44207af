import { InboxOutlined } from '@ant-design/icons';
import { Alert, Button, Form, Radio, Select, Spin, Steps } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type DragEvent } from 'react';
import { upload } from '../../shared/api/client';
import type { FileTold, Finding, ImportResult } from '../../shared/api/contract';
import type { SourceDocument } from '../../shared/api/document';
import type { UploadPreview } from '../../shared/api/later';
import { ApiError } from '../../shared/api/error';
import { sendTo } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { Failed, NotAllowed } from '../../shared/ui/states';
import { Mapping } from './Mapping';
import { Reconciled } from './Reconciled';
import { useImportWords } from './words';

interface File1 { upload: string; name: string }
const ENCODINGS = ['utf-8', 'gb18030', 'big5', 'utf-16le', 'windows-1252'];

/** File, preview, mapping, dry run, import: nothing is written before the last step. */
export default function NewImport() {
  const say = useImportWords();
  const may = useMay();
  return may('import_data') ? <Wizard /> : <Page title={say('newTitle')}><Panel><NotAllowed /></Panel></Page>;
}

function Wizard() {
  const say = useImportWords();
  const format = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [step, setStep] = useState(0);
  const [files, setFiles] = useState<File1[]>([]);
  const [preview, setPreview] = useState<UploadPreview>();
  const [chosen, setChosen] = useState<string>('$new');
  const [source, setSource] = useState<SourceDocument>({});
  const [name, setName] = useState('');
  const [notes, setNotes] = useState<Finding[]>([]);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const [result, setResult] = useState<FileTold[] | null>(null);
  const [tried, setTried] = useState(false);
  const [readAs, setReadAs] = useState<{ encoding?: string; delimiter?: string; sheet?: string }>({});
  const job = useJob(jobId, (ended) => {
    if (ended.state !== 'done') return;
    const { files: told } = ended.result as ImportResult;
    setResult(told);
    setTried(ended.kind === 'import_dry_run');
    if (ended.kind !== 'import_dry_run' && told.some((one) => one.outcome === 'imported')) {
      setStep(4);
      void client.invalidateQueries();
    }
  });
  const trying = async (what: string, act: () => Promise<void>) => {
    setBusy(what);
    setError(null);
    try {
      await act();
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError({ title: String(problem), status: 500, code: 'page' }));
    } finally {
      setBusy(null);
    }
  };
  const look = async (id: string, options: { encoding?: string; delimiter?: string; sheet?: string }) => {
    const seen = await sendTo('post', '/uploads/{upload}/preview', { path: { upload: id }, body: options });
    setReadAs(options);
    setPreview(seen);
    setChosen(seen.sources.find((one) => one.fits)?.name ?? '$new');
  };
  const take = (list: FileList | null) => {
    if (!list?.length) return;
    void trying(say('uploading', { name: list[0]!.name }), async () => {
      const done: File1[] = [];
      for (const file of Array.from(list)) {
        setBusy(say('uploading', { name: file.name }));
        done.push(await upload(file));
      }
      setFiles(done);
      await look(done[0]!.upload, {});
      setStep(1);
    });
  };
  const propose = () => trying(say('step3'), async () => {
    const proposed = await sendTo('post', '/uploads/{upload}/propose', { path: { upload: files[0]!.upload }, body: readAs });
    setSource(proposed.source);
    setNotes(proposed.findings);
    setName(proposed.name);
    setStep(2);
  });
  const run = (dry: boolean) => trying(say('dryRun'), async () => {
    setResult(null);
    const started = await sendTo('post', '/imports', { body: { uploads: files.map((file) => file.upload), ...(chosen === '$new' ? { source: name, source_document: source } : { source: chosen }), dry_run: dry } });
    setJobId(started.id);
    setStep(3);
  });
  const dry = tried ? result : null;
  return (
    <Page title={say('newTitle')}>
      <Steps current={step} size="small" items={(['step1', 'step2', 'step3', 'step4', 'step5'] as const).map((key) => ({ title: say(key) }))} />
      {error && <Panel><Failed error={error} /></Panel>}
      {busy && <p role="status"><Spin size="small" /> {busy}</p>}
      {step === 0 && <Drop onFiles={take} />}
      {step === 1 && preview && (
        <Panel title={files.map((file) => file.name).join(', ')} extra={<Button type="primary" disabled={!!busy} onClick={() => (chosen === '$new' ? void propose() : void run(true))}>{say('looksRight')}</Button>}>
          <div className="stack">
            <Form layout="inline">
              <Form.Item label={say('encoding')}><Select aria-label={say('encoding')} style={{ width: 140 }} value={preview.encoding.toLowerCase()} options={[...new Set([preview.encoding.toLowerCase(), ...ENCODINGS])].map((value) => ({ value }))} onChange={(encoding) => void trying(say('encoding'), () => look(files[0]!.upload, { encoding, delimiter: preview.delimiter ?? undefined }))} /></Form.Item>
              {preview.delimiter != null && <Form.Item label={say('delimiter')}><Select aria-label={say('delimiter')} style={{ width: 110 }} value={preview.delimiter} options={[{ value: ',', label: say('comma') }, { value: '\t', label: say('tab') }, { value: ';', label: say('semicolon') }, { value: '|', label: say('pipe') }]} onChange={(delimiter) => void trying(say('delimiter'), () => look(files[0]!.upload, { encoding: preview.encoding, delimiter }))} /></Form.Item>}
              {preview.sheets.length > 1 && <Form.Item label={say('sheet')}><Select aria-label={say('sheet')} style={{ width: 160 }} value={preview.sheet ?? preview.sheets[0]} options={preview.sheets.map((value) => ({ value }))} onChange={(sheet) => void trying(say('sheet'), () => look(files[0]!.upload, { sheet }))} /></Form.Item>}
              <Form.Item label={say('size')}>{format.bytes(preview.n_bytes)}</Form.Item>
            </Form>
            <Findings findings={preview.findings} />
            <Radio.Group value={chosen} onChange={(event) => setChosen(event.target.value as string)}>
              <div className="stack">
                {preview.sources.map((one) => <Radio key={one.name} value={one.name}>{say('useSource')}: <b>{textOf(one.title, one.name)}</b> {one.fits && <span className="tag good">{say('fits')}</span>}</Radio>)}
                <Radio value="$new">{say('newSource')}</Radio>
              </div>
            </Radio.Group>
            <p className="faint small">{say('firstRows', { n: preview.rows.length })} {say('garbled')}</p>
            <div className="table-box" style={{ maxHeight: 380 }} tabIndex={0}>
              <table className="table"><thead><tr>{preview.columns.map((column, index) => <th key={index} scope="col">{column}</th>)}</tr></thead>
                <tbody>{preview.rows.map((row, index) => <tr key={index}>{row.map((cell, at) => <td key={at} className="nowrap">{cell}</td>)}</tr>)}</tbody></table>
            </div>
          </div>
        </Panel>
      )}
      {step === 2 && preview && (
        <Panel title={say('proposal')} extra={<><Button onClick={() => setStep(1)}>{say('step2')}</Button><Button type="primary" disabled={!!busy || !name.trim()} onClick={() => void run(true)}>{say('dryRun')}</Button></>}>
          <div className="stack"><p className="faint">{say('proposalText')}</p><Findings findings={notes} /><Mapping source={source} name={name} onName={setName} onChange={setSource} preview={preview} /></div>
        </Panel>
      )}
      {step === 3 && (
        <Panel title={say('step4')} extra={dry && <><Button onClick={() => setStep(chosen === '$new' ? 2 : 1)}>{say('step3')}</Button><Button type="primary" onClick={() => void run(false)}>{say('confirm')}</Button></>}>
          <div className="stack">
            <p className="faint">{say('dryText')}</p>
            {!dry && <JobProgress job={job} />}
            {job?.state === 'failed' && <div><Button onClick={() => setStep(chosen === '$new' ? 2 : 1)}>{say('step3')}</Button></div>}
            {dry && <Told files={dry} />}
            {!tried && result && <Told files={result} />}
          </div>
        </Panel>
      )}
      {step === 4 && result && (
        <Panel title={say('step5')}>
          <div className="stack">
            <Told files={result} done />
            <div className="row">
              <Button type="primary" onClick={() => void navigate({ to: '/scorecards' })}>{say('next')}</Button>
              {result.some((one) => (one.quarantined ?? 0) > 0) && <Button onClick={() => void navigate({ to: '/quarantine', search: { import: String(result.find((one) => (one.quarantined ?? 0) > 0)?.import ?? '') } })}>{say('toQuarantine')}</Button>}
              <Button onClick={() => { setStep(0); setFiles([]); setResult(null); setJobId(null); }}>{say('another')}</Button>
            </div>
          </div>
        </Panel>
      )}
    </Page>
  );
}

/** What became of each file. */
function Told({ files, done }: { files: FileTold[]; done?: boolean }) {
  const say = useImportWords();
  const format = useFormat();
  return <>{files.map((one) => (
    <div className="stack" key={one.file}>
      {one.outcome === 'refused' ? <Alert type="error" showIcon title={`${one.file}: ${say('refused')}`} /> : done && <Alert type="success" showIcon title={`${one.file}: ${say('newRows')} ${format.count(one.new)}`} />}
      {one.reconciliation && <Reconciled result={one.reconciliation} />}
      {one.customers && <div className="figures"><Figure label={say('customersNew')} value={format.count(one.customers.new)} /><Figure label={say('customersKnown')} value={format.count(one.customers.known)} /></div>}
      {(one.new_identities ?? 0) > 0 && <p>{say('newCustomers', { n: format.count(one.new_identities) })}</p>}
      {one.examples && one.examples.length > 0 && <div><p className="faint">{say('examples')}</p><ul>{one.examples.slice(0, 3).map((example) => <li key={example.row}>{say('rowN', { n: example.row, why: example.reason[format.lang] })}</li>)}</ul></div>}
      <Findings findings={findingsOf(one.findings)} />
    </div>
  ))}</>;
}

interface Told1 { severity: string; code: string; what: { zh: string; en: string }; right: { zh: string; en: string }; place?: { path?: string | null } }
/** A job keeps findings as the documents' room writes them. */
function findingsOf(told: unknown): Finding[] {
  return Array.isArray(told) ? (told as Told1[]).map((one) => ({ severity: one.severity, code: one.code, path: one.place?.path, message: one.what, hint: one.right })) : [];
}

function Drop({ onFiles }: { onFiles: (files: FileList | null) => void }) {
  const say = useImportWords();
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFiles(event.dataTransfer.files);
  };
  return (
    <div className={over ? 'drop over' : 'drop'} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
      <InboxOutlined style={{ fontSize: 36, color: 'var(--accent)' }} aria-hidden />
      <b>{say('drop')}</b>
      <Button type="primary" onClick={() => input.current?.click()}>{say('choose')}</Button>
      <input ref={input} type="file" multiple hidden aria-label={say('choose')} accept=".csv,.tsv,.txt,.xlsx,.xls,.jsonl,.ndjson,.parquet,.gz" onChange={(event) => onFiles(event.target.files)} />
      <p className="faint small">{say('formats')}</p>
    </div>
  );
}

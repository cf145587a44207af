import { App, Button, Form, Input, Modal, Select } from 'antd';
import { useRef, useState } from 'react';
import { upload } from '../../shared/api/client';
import type { FileTold, ImportResult } from '../../shared/api/contract';
import type { SourceDocument } from '../../shared/api/document';
import { ApiError } from '../../shared/api/error';
import { sendTo, useRead } from '../../shared/api/hooks';
import type { UploadPreview } from '../../shared/api/later';
import { words } from '../../shared/i18n/words';
import { ended, useJob } from '../../shared/jobs';
import { useFormat } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Findings } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { listSource, sourceName, type IdKind } from './list';

export const useListWords = words('segment-list', {
  title: ['上传名单建立分群', 'A segment from an uploaded list'],
  text: ['一个文件，其中一列说明客户是谁；别的列不读。名单记入账本：任何一天都能查到谁在名单上，撤销这次导入即可收回。', 'A file of which one column says who the customers are; no other column is read. The list goes into the ledger, so who was on it is known for any day, and undoing the import takes it back.'],
  name: ['名单名称', 'Name of the list'], file: ['选择文件', 'Choose a file'],
  column: ['哪一列是客户', 'Column that says who'], kind: ['这一列是', 'It holds'],
  id: ['客户号', 'customer numbers'], phone: ['手机号', 'phone numbers'], email: ['邮箱', 'e-mail addresses'],
  try: ['试导入', 'Dry run'], go: ['导入并建立分群', 'Import and make the segment'],
  read: ['{{n}} 行可用', '{{n}} rows are fine'], refused: ['{{n}} 行不可用，会进入隔离区', '{{n}} rows are not, and go to quarantine'],
  unknown: ['名单里还不是客户的人会成为没有订单的客户。', 'Whoever is on the list and no customer yet becomes a customer without orders.'],
  taken: ['已有同名的分群或名单；要增补现有名单，请在“导入”中用它的数据源', 'There is such a segment or list; to add to a list, import under its source'],
  first: ['文件的前几行', 'The first rows of the file'], since: ['自 {{at}} 起在名单上', 'On the list from {{at}} on'],
});

/** File, column, dry run, then the list and a segment of those who are on it. */
export function ListUpload({ taken, onClose, onDone }: { taken: string[]; onClose: () => void; onDone: (list: string) => void }) {
  const say = useListWords();
  const ui = useUi();
  const format = useFormat();
  const { message } = App.useApp();
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [file, setFile] = useState<{ upload: string; name: string } | null>(null);
  const [seen, setSeen] = useState<UploadPreview | null>(null);
  const [column, setColumn] = useState<string>();
  const [kind, setKind] = useState<IdKind>('id');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const [tried, setTried] = useState<FileTold | null>(null);
  const graded = (useRead('/instants').data ?? []).at(-1);
  // Whoever is put on a list counts from the newest grading on, so that the segment can be counted at once.
  const since = graded && graded < format.today ? `${graded} 00:00` : format.minute(format.now);
  const list = name.trim();
  const wrong = !list ? null : taken.includes(list) || taken.includes(sourceName(list)) ? say('taken') : /^\d+$/.test(list) ? ui('nameDigits') : null;
  const job = useJob(jobId, (over) => {
    setBusy(false);
    if (over.state !== 'done') return;
    const told = (over.result as ImportResult).files[0]!;
    if (over.kind === 'import_dry_run') setTried(told);
    else if (told.outcome === 'imported') onDone(list);
    else setTried(told);
  });
  const trying = async (act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError({ title: String(problem), status: 500, code: 'page' }));
      setBusy(false);
    }
  };
  const take = (files: FileList | null) => {
    const chosen = files?.[0];
    if (!chosen) return;
    void trying(async () => {
      const sent = await upload(chosen);
      const preview = await sendTo('post', '/uploads/{upload}/preview', { path: { upload: sent.upload }, body: {} });
      setFile(sent);
      setSeen(preview);
      setTried(null);
      setColumn(preview.columns.length === 1 ? preview.columns[0] : undefined);
      if (!list) setName(chosen.name.replace(/\.[^.]+(\.gz)?$/, ''));
      setBusy(false);
    });
  };
  const run = (dry: boolean) => trying(async () => {
    const document: SourceDocument = listSource(list, column!, kind, since);
    const started = await sendTo('post', '/imports', { body: { uploads: [file!.upload], source: sourceName(list), source_document: document, dry_run: dry } });
    setJobId(started.id);
  });
  const again = () => { setTried(null); setJobId(null); };
  const rows = tried?.reconciliation?.rows;
  const ready = !!list && !wrong && !!file && !!column && !busy;
  const fine = tried?.outcome === 'imported' && (rows?.attributed ?? 0) > 0;
  return (
    <Modal open width={640} title={say('title')} onCancel={onClose} footer={[
      <Button key="close" onClick={onClose}>{ui('cancel')}</Button>,
      <Button key="go" type="primary" loading={busy && !!file} disabled={!ready || (!!tried && !fine)} onClick={() => void run(!tried).catch((problem: Error) => void message.error(problem.message))}>{say(tried ? 'go' : 'try')}</Button>,
    ]}>
      <div className="stack">
        <p className="faint">{say('text')}</p>
        <Form layout="vertical" requiredMark={false}>
          <Form.Item label={say('file')}><div className="row"><Button onClick={() => input.current?.click()}>{say('file')}</Button><span>{file?.name}</span></div>
            {/* A form of Ant Design shows file fields, hidden or not. */}
            <input ref={input} type="file" style={{ display: 'none' }} aria-label={say('file')} accept=".csv,.tsv,.txt,.xlsx,.xls,.jsonl,.ndjson,.parquet,.gz" onChange={(event) => take(event.target.files)} /></Form.Item>
          <Form.Item label={say('name')} htmlFor="list-name" validateStatus={wrong ? 'error' : undefined} help={wrong}><Input id="list-name" value={name} onChange={(event) => { setName(event.target.value); again(); }} /></Form.Item>
          {seen && <div className="two">
            <Form.Item label={say('column')}><Select aria-label={say('column')} value={column} onChange={(next) => { setColumn(next); again(); }} options={seen.columns.map((value) => ({ value }))} /></Form.Item>
            <Form.Item label={say('kind')}><Select aria-label={say('kind')} value={kind} onChange={(next) => { setKind(next); again(); }} options={(['id', 'phone', 'email'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>
          </div>}
        </Form>
        {seen && <><p className="faint small">{say('first')} · {say('since', { at: since })}</p><div className="table-box" style={{ maxHeight: 150 }} tabIndex={0}><table className="table small"><thead><tr>{seen.columns.map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead><tbody>{seen.rows.slice(0, 5).map((row, index) => <tr key={index}>{row.map((cell, at) => <td key={at} className="nowrap">{cell}</td>)}</tr>)}</tbody></table></div><Findings findings={seen.findings} /></>}
        {jobId && !ended(job) && <JobProgress job={job} />}
        {job?.state === 'failed' && <JobProgress job={job} />}
        {tried && rows && <div role="status"><p className="good">{say('read', { n: format.count(rows.attributed) })}</p>{rows.quarantined > 0 && <p className="warn">{say('refused', { n: format.count(rows.quarantined) })}</p>}<p className="faint small">{say('unknown')}</p></div>}
        {error && <p className="bad" role="alert">{error.message}</p>}
        {error && <Findings findings={error.problem.errors ?? []} />}
      </div>
    </Modal>
  );
}

import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons';
import { App, Button, DatePicker, Input, Modal, Radio, Space } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Version } from '../../shared/api/contract';
import { useRead, useSend } from '../../shared/api/hooks';
import { DiscardDraft, DraftBar } from '../../shared/draft/DraftBar';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { TierEffect } from '../../shared/preview/TierEffect';
import { useModelPreview } from '../../shared/preview/useModelPreview';
import { usePeople } from '../../shared/catalogue';
import { later } from '../../shared/format/date';
import { useFormat, useMay, useSession } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { Empty, Loaded, Trouble } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Changes } from './Changes';
import { VersionState } from './index';
import { VersionEffect } from './VersionEffect';
import { useVersionWords } from './words';

export default function Publish() {
  const say = useVersionWords();
  // What a colleague has just submitted is there at once.
  const versions = useRead('/model/versions', {}, { staleTime: 0 });
  const waiting = versions.data?.items.filter((one) => one.state === 'review' || one.state === 'approved') ?? [];
  return (
    <Page title={say('pTitle')} lead={say('pLead')}>
      <DraftBar />
      <div className="cols">
        <div className="c6 stack"><Submit base={versions.data?.items.find((one) => one.state === 'published')} /></div>
        <div className="c6 stack">
          <Panel title={say('waiting')}>
            <Loaded query={versions}>{() => (waiting.length === 0 ? <p className="faint">{say('noneWaiting')}</p> : <div className="stack">{waiting.map((one) => <Review key={one.version} version={one} />)}</div>)}</Loaded>
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Submit({ base }: { base?: Version }) {
  const say = useVersionWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const { document, findings, changed, query } = useDraft();
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const [discarding, discard] = useState(false);
  const diff = useRead('/model/diff', { query: { from: 'in_force', to: 'draft' } });
  const scheme = Object.keys(document?.tiers ?? {})[0];
  const preview = useModelPreview(document, { scheme, scorecard: scheme ? document?.tiers?.[scheme]?.by : undefined }, !!scheme);
  const submit = useSend('post', '/model/draft/submit', { renews: ['/model'], onDone: (made) => { setNote(''); setTried(false); void message.success(say('submitted', { n: made.version })); } });
  const remove = useSend('delete', '/model/draft', { renews: ['/model'], onDone: () => draft.forget() });
  const errors = findings.filter((one) => one.severity === 'error');
  const none = !changed && (diff.data ? diff.data.changes.length === 0 : (draft.get().revision ?? 0) <= 0);
  const begins = !base && document !== null && !Object.keys(document.indicators ?? {}).length && !Object.keys(document.scorecards ?? {}).length;
  const check = (good: boolean, text: string) => <li>{good ? <CheckCircleFilled className="good" aria-hidden /> : <CloseCircleFilled className="bad" aria-hidden />} {text}</li>;
  return (
    <>
      <Panel title={say('changes')} extra={<><VersionBase base={base} /><Button size="small" danger disabled={none || !may('edit_models')} onClick={() => discard(true)}>{say('discard')}</Button></>}>
        <Loaded query={diff}>{({ changes }) => (none ? (begins ? <Empty title={say('beginTitle')} text={say('beginText')}><Link to="/welcome">{say('begin')}</Link></Empty> : <p className="faint">{say('nothing')}</p>) : <Changes changes={changes} />)}</Loaded>
      </Panel>
      <Panel title={say('impact')} extra={<Button size="small" onClick={() => void navigate({ to: '/simulate' })}>{say('simulate')}</Button>}>
        {!document ? <Loaded query={query} rows={3}>{() => null}</Loaded> : preview.data ? <TierEffect preview={preview.data} /> : preview.error ? <Trouble error={preview.error} /> : <p className="faint" role="status">{scheme ? ui('loading') : say('noScheme')}</p>}
      </Panel>
      <Panel title={say('checks')}>
        <div className="stack">
          {document && <ul>{check(errors.length === 0, errors.length === 0 ? say('checkOk') : say('checkErrors', { n: errors.length }))}{check(!changed, changed ? say('checkUnsaved') : say('checkSaved'))}</ul>}
          <Findings findings={errors} />
          <Input.TextArea aria-label={say('note')} placeholder={say('note')} status={tried && !note.trim() ? 'error' : undefined} rows={2} className="grows" value={note} onChange={(event) => setNote(event.target.value)} />
          {tried && !note.trim() && <p className="bad small" role="alert">{say('noteNeeded')}</p>}
          {submit.error && <p className="bad" role="alert">{submit.error.message}</p>}
          <div><Button type="primary" disabled={!may('edit_models') || errors.length > 0 || changed || none} loading={submit.isPending} onClick={() => { setTried(true); if (note.trim()) submit.mutate({ body: { note: note.trim() }, revision: draft.get().revision }); }}>{say('submit')}</Button></div>
        </div>
      </Panel>
      <DiscardDraft open={discarding} title={say('discardTitle')} text={say('discardText', { n: format.count(diff.data?.changes.length) })} ok={say('discard')} cancel={ui('cancel')} onClose={() => discard(false)} onOk={() => { discard(false); remove.mutate({ revision: draft.get().revision }); }} />
    </>
  );
}

function VersionBase({ base }: { base?: Version }) {
  const say = useVersionWords();
  return base ? <span className="faint small">{say('version', { n: base.version })}</span> : null;
}

function Review({ version }: { version: Version }) {
  const say = useVersionWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const session = useSession();
  const { message } = App.useApp();
  const [note, setNote] = useState('');
  const [publishing, publish] = useState(false);
  const [on, setOn] = useState<string | null>(null);
  const n = String(version.version);
  const diff = useRead('/model/diff', { query: { from: 'in_force', to: n } });
  const renews = ['/model', '/runs', '/jobs'];
  const approve = useSend('post', '/model/versions/{version}/approve', { renews });
  const reject = useSend('post', '/model/versions/{version}/reject', { renews });
  const send = useSend('post', '/model/versions/{version}/publish', { renews, onDone: () => { publish(false); void message.success(on === null ? say('published', { n }) : say('scheduledSaid', { n, day: on })); } });
  const who = usePeople();
  const own = version.by === session?.user.id;
  const ready = version.state === 'approved';
  const error = approve.error ?? reject.error ?? send.error;
  return (
    <div className="stack step">
      <div className="spread"><b>{say('version', { n })} <VersionState version={version} /></b><span className="faint small">{say('by', { who: who(version.by), at: format.minute(version.at) })}</span></div>
      {version.note && <p>{version.note}</p>}
      <Loaded query={diff} rows={2}>{({ changes }) => <Changes changes={changes} />}</Loaded>
      <h3>{say('whom')}</h3>
      <VersionEffect version={version.version} />
      {error && <p className="bad" role="alert">{error.message}</p>}
      {!may('approve_models') ? <p className="faint small">{say('mayNot')}</p> : (
        <>
          {ready && <p className="good small">{say('approvedReady')} · {say('approved', { who: who(version.reviewer) })}{version.review_note && <>: {version.review_note}</>}</p>}
          {!ready && own && <p className="warn small">{say('ownWork')}</p>}
          {!ready && <Input aria-label={say('reason')} placeholder={say('reason')} value={note} onChange={(event) => setNote(event.target.value)} />}
          <Space wrap>
            {!ready && <Button type="primary" disabled={own} loading={approve.isPending} onClick={() => approve.mutate({ path: { version: version.version }, body: { note } })}>{say('approve')}</Button>}
            <Button danger loading={reject.isPending} onClick={() => reject.mutate({ path: { version: version.version }, body: { note } })}>{say('reject')}</Button>
            {ready && <Button type="primary" onClick={() => publish(true)}>{say('publish')}</Button>}
          </Space>
        </>
      )}
      <Modal open={publishing} title={say('publishTitle', { n })} okText={say('publish')} cancelText={ui('cancel')} confirmLoading={send.isPending} onCancel={() => publish(false)} onOk={() => send.mutate({ path: { version: version.version }, body: on ? { effective_from: format.begins(on) } : {} })}>
        <div className="stack">
          <p>{say('publishText')} {diff.data && <Changes changes={diff.data.changes} />}</p>
          <Radio.Group value={on === null ? 'now' : 'on'} onChange={(event) => setOn(event.target.value === 'now' ? null : later(format.day(new Date().toISOString()), 1))}>
            <div className="stack"><Radio value="now">{say('publishNow')}</Radio><Radio value="on">{say('publishOn')} {on !== null && <DatePicker aria-label={say('publishOn')} onChange={(_, text) => setOn((text as string) || on)} placeholder={on} />}</Radio></div>
          </Radio.Group>
        </div>
      </Modal>
    </div>
  );
}

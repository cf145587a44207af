import { App, Button, Select } from 'antd';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Version } from '../../shared/api/contract';
import { read, useListed, useRead, useSend } from '../../shared/api/hooks';
import { draft } from '../../shared/draft/store';
import { usePeople } from '../../shared/catalogue';
import { storedText } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Changes } from './Changes';
import { Publications } from './Publications';
import { useVersionWords } from './words';

export default function Versions() {
  const say = useVersionWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { modal, message } = App.useApp();
  const who = usePeople();
  const query = useListed('/model/versions');
  const [pair, setPair] = useState<{ from?: string; to?: string }>({});
  const items = query.data?.items ?? [];
  const to = pair.to ?? 'draft';
  const from = pair.from ?? 'in_force';
  const diff = useRead('/model/diff', { query: { from, to } });
  const restore = useSend('post', '/model/versions/{version}/restore', { renews: ['/model'], onDone: (next) => { draft.load(next.document, next.revision, next.base_version ?? null, next.findings); void message.success(say('restored')); } });
  // The draft that is replaced is the one that there is now, whether or not an editor has loaded it.
  const restored = async (version: number) => {
    try {
      const { revision } = await read('/model/draft');
      await restore.mutateAsync({ path: { version }, query: { revision } });
    } catch (error) {
      void message.error((error as Error).message);
    }
  };
  const published = items.find((one) => one.state === 'published')?.version;
  const options = [{ value: 'in_force', label: say('inForce') }, { value: 'draft', label: say('draft') }, ...items.map((one) => ({ value: String(one.version), label: say('version', { n: one.version }) }))];
  return (
    <Page title={say('title')} lead={say('lead')}>
      <Loaded query={query} empty={(data) => data.items.length === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><Link to="/publish">{say('pTitle')}</Link></Empty></Panel>}>
        {(data) => (
          <div className="cols">
            <Panel className="c6"><div className="timeline">{data.items.map((one) => { const last = one.publications.filter((own) => !own.withdrawn).at(-1); return (
              <div key={one.version}>
                <div className="spread"><b>{say('version', { n: one.version })} <VersionState version={one} /></b>
                  {may('edit_models') && <Button size="small" onClick={() => modal.confirm({ title: say('restoreTitle', { n: one.version }), content: say('restoreText'), okText: say('restore'), cancelText: ui('cancel'), onOk: () => restored(one.version) })}>{say('restore')}</Button>}</div>
                {one.note && <p>{one.note}</p>}
                <div className="row"><Publications version={one} inForce={published} /></div>
                <p className="faint small">{[say('by', { who: who(one.by), at: format.minute(one.at) }), one.state !== 'rejected' && one.reviewer && say('approved', { who: who(one.reviewer) }), last && say('publishedAt', { at: format.minute(last.at) }), last && say('effective', { at: format.minute(last.effective_from) }), last ? (one.validation ? `${say('validated')}: ${storedText(one.validation, format.lang)}` : say('notValidated')) : null].filter(Boolean).join(' · ')}</p>
              </div>
            ); })}</div>{query.more.has && <p className="table-foot"><Button loading={query.more.busy} onClick={query.more.load}>{ui('loadMore')}</Button></p>}</Panel>
            <Panel className="c6" title={say('compare')} extra={<><Select size="small" aria-label={`${say('compare')} ${say('from')}`} style={{ width: 110 }} value={from} onChange={(value) => setPair({ ...pair, from: value })} options={options} /><span className="faint">{say('to')}</span><Select size="small" aria-label={`${say('compare')} ${say('to')}`} style={{ width: 110 }} value={to} onChange={(value) => setPair({ ...pair, to: value })} options={options} /></>}>
              <Loaded query={diff}>{({ changes }) => <Changes changes={changes} />}</Loaded>
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

export function VersionState({ version }: { version: Version }) {
  const say = useVersionWords();
  return <StateTag state={version.state}>{say(`s${version.state[0]!.toUpperCase()}${version.state.slice(1)}` as 'sDraft')}</StateTag>;
}

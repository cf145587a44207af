import { App, Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { SourceDocument } from '../../shared/api/document';
import { useRead, useSend } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { Mapping } from './Mapping';
import { useImportWords } from './words';

export default function Sources() {
  const say = useImportWords();
  const navigate = useNavigate();
  const query = useRead('/sources');
  const [picked, pick] = useState<string | null>(null);
  const name = picked ?? query.data?.[0]?.name ?? null;
  return (
    <Page title={say('sources')} lead={say('sourcesLead')}>
      <Loaded query={query} empty={(data) => data.length === 0 && <Panel><Empty title={say('sourcesEmpty')} text={say('sourcesEmptyText')}><Button type="primary" onClick={() => void navigate({ to: '/imports/new' })}>{say('new')}</Button></Empty></Panel>}>
        {(data) => (
          <div className="cols">
            <Panel className="c3" flush><div className="list-pick">{data.map((one) => <button type="button" key={one.name} aria-current={one.name === name} onClick={() => pick(one.name)}>{textOf(one.title, one.name)}<div className="faint small">{one.files?.join(', ')}</div></button>)}</div></Panel>
            <div className="c9">{name && <Source key={name} name={name} />}</div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Source({ name }: { name: string }) {
  const say = useImportWords();
  const { message } = App.useApp();
  const query = useRead('/sources/{name}', { path: { name } });
  const [document, setDocument] = useState<SourceDocument | null>(null);
  useEffect(() => setDocument(query.data?.document ?? null), [query.data]);
  const put = useSend('put', '/sources/{name}', { renews: ['/sources'], onDone: () => void message.success(say('saved')) });
  const changed = document !== null && document !== query.data?.document;
  const columns = [...new Set([...Object.values(document?.fields ?? {}).map((one) => String(one.value ?? '')), ...Object.values(document?.mapping ?? {}).filter((one): one is string => typeof one === 'string' && /^[\p{L}\p{N}_]+$/u.test(one))])].filter(Boolean);
  return (
    <Panel title={textOf(document?.title, name)} extra={<Button type="primary" disabled={!changed} loading={put.isPending} onClick={() => document && put.mutate({ path: { name }, body: { document }, revision: query.data?.etag.replace(/"/g, '') })}>{say('save')}</Button>}>
      {put.error && <p className="bad" role="alert">{put.error.message}</p>}
      <Loaded query={query}>{() => document && <Mapping source={document} name={name} onName={() => {}} onChange={setDocument} preview={{ columns }} />}</Loaded>
    </Panel>
  );
}
